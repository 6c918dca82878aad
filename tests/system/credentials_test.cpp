// Credentials as the service hands them over: decrypted under their name, or plain under another.
#include "tests/support/mosquitto.hpp"
#include "tests/system/installation.hpp"

namespace irmeterd {
namespace {

class HandedOver : public Installation {
 protected:
  // A certificate that a client shows, and its private key.
  void make_certificate(const std::string& certificate, const std::string& key) {
    (void)output_of({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=reader", "-keyout", key,
                     "-out", certificate});
  }
  static std::string table(const Mosquitto& broker, const std::string& certificate) {
    return mqtt_table("mqtts://localhost:" + std::to_string(broker.port()),
                      "ca_file = \"" + broker.certificate() + "\"\ncert_file = \"" + certificate +
                          "\"\nclient_key_credential = \"mqtt-client-key\"\n");
  }
};

TEST_F(HandedOver, PlainKeyIsReadWhereNoneWasEncrypted) {
  Simulator simulator(loop_);
  simulator.start();
  std::filesystem::rename(path("credentials/meter-key"), path("credentials/meter-key.plain"));
  dir_.write("credentials/meter-key", "\n");
  configure(std::string(no_bus) + meter_table(simulator.device()));
  start();
  EXPECT_TRUE(shows("main online"));
}

TEST_F(HandedOver, PrivateKeyBelongsToTheCertificateThatTheBrokerIsShown) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  make_certificate(path("client.crt"), path("credentials/mqtt-client-key.plain"));
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe") +
            table(broker, path("client.crt")));
  start();
  EXPECT_TRUE(shows("main no-device; MQTT connected"));
}

TEST_F(HandedOver, PrivateKeyOfAnotherCertificateMakesNoConnection) {
  const Mosquitto broker(Mosquitto::Kind::tls);
  make_certificate(path("client.crt"), path("client.key"));
  make_certificate(path("other.crt"), path("credentials/mqtt-client-key"));
  configure(std::string(no_bus) + meter_table("/dev/no-such-probe") +
            table(broker, path("client.crt")));
  start();
  EXPECT_TRUE(eventually([&] {
    return logged("TLS failed, ca_file, cert_file or the client key does not fit") == 1;
  }));
}

TEST_F(HandedOver, PrivateKeyThatIsNotThereIsMissed) {
  dir_.write("client.crt", "");
  configure(
      std::string(no_bus) + meter_table("/dev/no-such-probe") +
      mqtt_table("mqtts://localhost", "cert_file = \"" + path("client.crt") +
                                          "\"\nclient_key_credential = \"mqtt-client-key-2\"\n"));
  start();
  ASSERT_TRUE(
      shows("main no-device; MQTT: localhost:8883: not tried, a credential is not stored "
            "(mqtt-client-key-2)"));
}

// Nothing that MQTT needs keeps the meter from being read.
TEST_F(HandedOver, FilesThatAreNotThereAreMissedByMqttAlone) {
  Simulator simulator(loop_);
  simulator.start();
  const Mosquitto broker(Mosquitto::Kind::tls);
  const auto with_authority = [&](const std::string& file) {
    configure(std::string(no_bus) + meter_table(simulator.device()) +
              mqtt_table("mqtts://localhost:" + std::to_string(broker.port()),
                         "ca_file = \"" + file + "\"\n"));
  };
  with_authority(path("none"));
  start();
  ASSERT_TRUE(shows("main online; MQTT: localhost:" + std::to_string(broker.port()) +
                    ": not tried, a file that it needs cannot be used (" + path("none") +
                    ": ca_file cannot be read (No such file or directory); it must be a file that "
                    "ir-meterd may read)"));
  with_authority(broker.certificate());
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(shows("main online; MQTT connected"));
}

TEST_F(HandedOver, KeyFileThatIsNotThereYetIsMissedByItsMeterAlone) {
  Simulator simulator(loop_);
  simulator.start();
  configure(std::string(no_bus) + meter_table(simulator.device()) + "key_file = \"" + path("none") +
            "\"\n");
  start();
  ASSERT_TRUE(shows("main no-key"));
  std::filesystem::rename(path("credentials/meter-key"), path("none"));
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(shows("main online"));
}

TEST_F(HandedOver, PasswordThatIsNotThereYetIsMissedByMqttAlone) {
  Simulator simulator(loop_);
  simulator.start();
  const Mosquitto broker;
  configure(
      std::string(no_bus) + meter_table(simulator.device()) +
      mqtt_table(broker.url(), "username = \"meter\"\npassword_credential = \"mqtt-password\"\n"));
  start();
  ASSERT_TRUE(shows("main online; MQTT: localhost:" + std::to_string(broker.port()) +
                    ": not tried, a credential is not stored (mqtt-password)"));
  EXPECT_EQ(logged("not tried, a credential is not stored"), 1U);
  dir_.write("credentials/mqtt-password", "secret");
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(shows("main online; MQTT connected"));
}

}  // namespace
}  // namespace irmeterd
