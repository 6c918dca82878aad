#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "tests/mqtt/fixture.hpp"

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
  ASSERT_TRUE(status_says("does not authorise this user"));
  EXPECT_EQ(publisher_->status().find("wrong"), std::string::npos);
}

TEST_F(Refusal, AfterAWrongPasswordABrokerThatTakesItIsFound) {
  Mosquitto broker(Mosquitto::Kind::password);
  MqttConfig with_user = config(broker);
  with_user.username = "meter";
  begin(with_user, Secret("new"));
  ASSERT_TRUE(status_says("does not authorise this user"));
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
  EXPECT_TRUE(status_says("its certificate is not trusted"));
}

TEST_F(Refusal, ACaFileThatIsNotThereIsAReasonToTryAgain) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  MqttConfig tls = config(broker);
  tls.ca_file = "/nonexistent.pem";
  begin(tls);
  EXPECT_TRUE(status_says("cannot connect"));
}

TEST_F(Refusal, WhoeverListensButNeverAnswersIsGivenUpAndTriedAgain) {
  timing_.retry.connect_timeout = std::chrono::seconds(1);
  const Mosquitto broker;
  broker.freeze();
  begin(broker);
  ASSERT_TRUE(status_says("cannot connect"));
  broker.thaw();
  EXPECT_TRUE(eventually([this] { return publisher_->connected(); }));
}

}  // namespace
}  // namespace irmeterd
