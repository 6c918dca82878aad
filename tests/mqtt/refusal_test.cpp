#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "tests/mqtt/fixture.hpp"
#include "tests/support/stub_broker.hpp"

namespace irmeterd {
namespace {

class Refusal : public MqttFixture {
 protected:
  MqttConfig config(const Mosquitto& broker) {
    MqttConfig config;
    config.url = broker.url();
    return config;
  }
  [[nodiscard]] ::testing::AssertionResult status_says(const std::string& text) {
    return eventually([&] { return publisher_->status().find(text) != std::string::npos; });
  }
};

TEST_F(Refusal, TheRightPasswordConnects) {
  const Mosquitto broker(Mosquitto::Kind::password);
  MqttConfig with_user = config(broker);
  with_user.username = "meter";
  begin(with_user, Secret("secret"));
  EXPECT_TRUE(eventually([this] { return publisher_->connected(); }));
}

TEST_F(Refusal, AWrongPasswordIsNamedAndTriedAgain) {
  const Mosquitto broker(Mosquitto::Kind::password);
  MqttConfig with_user = config(broker);
  with_user.username = "meter";
  begin(with_user, Secret("wrong"));
  ASSERT_TRUE(status_says("refused (Not authorized)"));
  EXPECT_EQ(publisher_->status().find("wrong"), std::string::npos);
}

TEST_F(Refusal, ABrokerThatRetainsNothingIsNamed) {
  const Mosquitto broker(Mosquitto::Kind::forgets);
  begin(config(broker));
  ASSERT_TRUE(status_says("cannot do what ir-meterd needs (Retain not supported)"));
}

TEST_F(Refusal, AfterAWrongPasswordABrokerThatTakesItIsFound) {
  Mosquitto broker(Mosquitto::Kind::password);
  MqttConfig with_user = config(broker);
  with_user.username = "meter";
  begin(with_user, Secret("new"));
  ASSERT_TRUE(status_says("refused (Not authorized)"));
  broker.stop();
  broker.set_password("new");
  broker.start();
  EXPECT_TRUE(eventually([this] { return publisher_->connected(); }));
}

TEST_F(Refusal, TlsConnectsToABrokerWithATrustedCertificate) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  MqttConfig tls = config(broker);
  tls.ca_file = broker.certificate();
  begin(tls);
  EXPECT_TRUE(eventually([this] { return publisher_->connected(); }));
  end();  // while the broker is there; a connection that it ends may leave OpenSSL's memory behind
}

TEST_F(Refusal, TlsConnectsToAnAddressThatTheCertificateNames) {
  const Mosquitto broker(Mosquitto::Kind::tls_ipv6);
  MqttConfig tls = config(broker);
  tls.ca_file = broker.certificate();
  begin(tls);
  EXPECT_TRUE(eventually([this] { return publisher_->connected(); }));
  end();  // likewise
}

TEST_F(Refusal, TlsRefusesACertificateTheSystemDoesNotTrust) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  begin(config(broker));
  EXPECT_TRUE(status_says("its certificate is not trusted"));
}

TEST_F(Refusal, TlsRefusesACertificateOfAnotherHost) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  MqttConfig tls = config(broker);
  tls.url = "mqtts://127.0.0.1:" + std::to_string(broker.port());
  tls.ca_file = broker.certificate();
  begin(tls);
  EXPECT_TRUE(status_says("its certificate is for another name (127.0.0.1)"));
}

TEST_F(Refusal, ACaFileThatIsNotThereIsAReasonToTryAgain) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  MqttConfig tls = config(broker);
  tls.ca_file = "/nonexistent.pem";
  begin(tls);
  EXPECT_TRUE(status_says("TLS failed, ca_file, cert_file"));
}

TEST_F(Refusal, WhoeverListensButNeverAnswersIsGivenUpAndTriedAgain) {
  timing_.retry.connect_timeout = std::chrono::seconds(1);
  const Mosquitto broker;
  broker.freeze();
  begin(broker);
  ASSERT_TRUE(status_says("no answer"));
  broker.thaw();
  EXPECT_TRUE(eventually([this] { return publisher_->connected(); }));
}

TEST_F(Refusal, ACertificateOutOfDateIsNamed) {
  const Mosquitto broker(Mosquitto::Kind::expired);
  MqttConfig tls = config(broker);
  tls.ca_file = broker.certificate();
  begin(tls);
  EXPECT_TRUE(status_says("its certificate is out of date (certificate has expired)"));
}

TEST_F(Refusal, ABrokerThatAsksForACertificateIsNamedAndThenShownOne) {
  const Mosquitto broker(Mosquitto::Kind::tls_both);
  MqttConfig tls = config(broker);
  tls.ca_file = broker.certificate();
  begin(tls);
  EXPECT_TRUE(status_says("TLS failed"));
  end();
  tls.cert_file = broker.certificate();
  tls.client_key_file = broker.private_key();
  begin(tls);
  EXPECT_TRUE(eventually([this] { return publisher_->connected(); }));
  end();  // likewise
}

TEST_F(Refusal, APortWithoutTlsIsNamed) {
  const Mosquitto broker;
  MqttConfig tls;
  tls.url = "mqtts://localhost:" + std::to_string(broker.port());
  begin(tls);
  EXPECT_TRUE(status_says("TLS failed, no TLS there"));
}

TEST_F(Refusal, ANameThatNobodyKnowsIsNamed) {
  MqttConfig config;
  config.url = "mqtt://broker.invalid";
  begin(config);
  EXPECT_TRUE(status_says("broker.invalid:1883: name unknown"));
}

TEST_F(Refusal, NobodyThereIsNamed) {
  MqttConfig config;
  config.url = "mqtt://localhost:" + std::to_string(Mosquitto::closed_port);
  begin(config);
  EXPECT_TRUE(status_says("not reached (Connection refused)"));
}

struct Listener {
  std::string name;
  StubBroker::Rules rules;
  std::string said;
};
class Stranger : public Refusal, public ::testing::WithParamInterface<Listener> {};

TEST_P(Stranger, IsNamed) {
  timing_.retry.connect_timeout = std::chrono::seconds(2);
  const StubBroker broker(loop_, GetParam().rules);
  MqttConfig config;
  config.url = broker.url();
  begin(config);
  EXPECT_TRUE(status_says(GetParam().said)) << publisher_->status();
}

INSTANTIATE_TEST_SUITE_P(
    Refusal, Stranger,
    ::testing::Values(
        Listener{"Closes", {.closes = true}, ": closed without an answer"},
        Listener{"Mute", {.listens = false}, ": no answer"},
        Listener{"Http", {.says = "HTTP/1.1 400 Bad Request\r\n\r\n"}, "but not in MQTT (HTTP)"},
        Listener{"Tls",
                 {.says = std::string("\x15\x03\x01\0\x02\x02\x46", 7)},
                 ": answers, but not in MQTT (TLS)"},
        Listener{"Ssh", {.says = "SSH-2.0-OpenSSH_9.2\r\n"}, ": answers, but not in MQTT"},
        Listener{"Id", {.return_code = 2}, "refused (Client Identifier not valid)"},
        Listener{"Password", {.return_code = 4}, "refused (Bad User Name or Password)"},
        Listener{"NewerId", {.return_code = '\x85'}, "refused (Client Identifier not valid)"},
        Listener{"UnknownCode", {.return_code = '\xf0'}, "refused (reason code 240)"}),
    [](const auto& listener) { return listener.param.name; });

}  // namespace
}  // namespace irmeterd
