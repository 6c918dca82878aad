// Configurations with mistakes: each is reported, in one line, with its place.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/config/config.hpp"

namespace irmeterd {
namespace {

struct Mistake {
  std::string_view name;
  std::string_view text;
  std::vector<std::string> messages;  // all of them, without the file's name
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

// What a table needs to be complete, in the lines before the mistake.
#define METER "[[meter]]\nname = \"a\"\ndevice = \"/a\"\n"
#define MQTT METER "[mqtt]\nurl = \"mqtt://b\"\n"
#define MQTTS METER "[mqtt]\nurl = \"mqtts://b\"\n"

const std::string store_password = "store the password with 'sudo ir-meterctl set-password'";
const std::string not_a_password =
    "must not stand in this file; take this line out, write password_credential = "
    "\"mqtt-password\" under [mqtt], and " +
    store_password;
const std::string not_a_key =
    "must not stand in this file; take this line out, and store the key with 'sudo ir-meterctl "
    "set-key'";
const std::string like_a_key =
    "looks like a meter's key, which must not stand in this file; take it out, and store the key "
    "with 'sudo ir-meterctl set-key'";

const Mistake mistakes[] = {
    // The whole
    {"EmptyFile", "", {": no meter is configured; write a [[meter]] table with name and device"}},
    {"NoMeter",
     "[dbus]\nbus = \"none\"\n",
     {": no meter is configured; write a [[meter]] table with name and device"}},
    {"EmptyMeterArray",
     "meter = []\n",
     {": no meter is configured; write a [[meter]] table with name and device"}},
    {"SingleMeterTable",
     "[meter]\nname = \"a\"\ndevice = \"/a\"\n",
     {":1:1: meter: is a table; write an array of tables, [[meter]]"}},
    {"MeterArrayOfNumbers",
     "meter = [1]\n",
     {":1:10: meter: is an integer; write a table, [[meter]]"}},
    {"MqttIsText",
     "mqtt = \"mqtt://b\"\n" METER,
     {":1:8: mqtt: is a string; write a table, [mqtt]"}},
    {"UnknownTable",
     METER "[mqqt]\nurl = \"mqtt://b\"\n",
     {":4:2: \"mqqt\" is unknown here; did you mean \"mqtt\"?"}},
    {"MetersKeyAsAName",
     METER "0123456789ABCDEF0123 = \"\"\n",
     {":4:1: a name here " + like_a_key}},
    {"MetersKeyAsTheNameOfATable",
     METER "[0123456789ABCDEF0123]\n",
     {":4:2: a name here " + like_a_key}},
    {"MetersKeyAsANameTwice",
     METER "0123456789ABCDEF0123 = 1\n0123456789ABCDEF0123 = 2\n",
     {":5:24: not valid TOML: Error while parsing key-value pair: cannot redefine existing "
      "integer"}},
    {"KeyTwice",
     METER "name = \"b\"\n",
     {":4:8: not valid TOML: Error while parsing key-value pair: cannot redefine existing string "
      "'name'"}},
    {"KeyBeforeItsTable",
     "interval = \"1s\"\n" METER,
     {":1:1: \"interval\" is unknown here; it belongs under [[meter]]"}},
    {"EverythingAtOnce",
     "[[meter]]\nnmae = \"a\"\ninterval = 5\n[[meter]]\nname = \"B\"\n[cache]\n"
     "directory = \"x\"\n",
     {":1:1: name: is missing in this table; write for example name = \"main\"",
      ":1:1: device: is missing in this table; write for example device = \"/dev/ir-probe\"",
      ":2:1: \"nmae\" is unknown here; did you mean \"name\"?",
      ":3:12: interval: is an integer; write text in quotes with a unit, such as \"10s\"",
      ":4:1: device: is missing in this table; write for example device = \"/dev/ir-probe\"",
      ":5:8: name: \"B\" is not a meter's name; write a-z, then a-z, 0-9 or _, at most 64 "
      "characters",
      ":7:13: directory: \"x\" is not an absolute path; write one that begins with /"}},

    // What an editor does to a file
    {"Utf16", std::string_view("\xFF\xFE[\0", 4), {":1:1: is UTF-16 text; save the file as UTF-8"}},
    {"Utf16WithoutAMark",
     std::string_view("\0[\0[", 4),
     {":1:1: is UTF-16 text; save the file as UTF-8"}},
    {"Latin1", METER "# Z\xE4hler\n", {":4:4: is not UTF-8 text; save the file as UTF-8"}},
    {"NulBytes",
     std::string_view(METER "\0\0\n", sizeof(METER "\0\0\n") - 1),
     {":4:1: has zero bytes in it, which are no text; the file is damaged, write it anew"}},
    {"LineEndsOfAnOldMac",
     "# \xC3\xA4\r[[meter]]\r",
     {":1:4: has a carriage return without a line feed; save the file with line ends of Unix"}},
    {"QuotesOfAWordProcessor",
     "[[meter]]\nname = \xE2\x80\x9Cmain\xE2\x80\x9D\n",
     {":2:8: has a typographic quotation mark (U+201C); write \""}},
    {"QuotesOfAWordProcessorAtOneEnd",
     "[[meter]]\nname = \"main\xE2\x80\x9D\n",
     {":2:13: has a typographic quotation mark (U+201D); write \""}},
    {"SpacesOfAWebPage",
     "[[meter]]\nname\xC2\xA0= \"main\"\n",
     {":2:5: has a no-break space (U+00A0); write a plain one, or none"}},

    // What is no TOML
    {"TextWithoutQuotes",
     "[[meter]]\nname = \"a\"\ndevice = /dev/ttyUSB0 # here\n",
     {":3:10: device: is not in quotes; write text as in interval = \"10s\""}},
    {"DurationWithoutQuotes",
     METER "interval = 10s\n",
     {":4:12: interval: is not in quotes; write text as in interval = \"10s\""}},
    {"FlagInCapitals", METER "rts = True\n", {":4:7: rts: write true or false, in small letters"}},
    {"TextWithoutEnd",
     METER "key_file = \"/k\n",
     {":4:12: key_file: the text has no quotation mark at its end"}},
    {"NoValue",
     METER "interval =\n",
     {":4:11: interval: has no value; write one behind the equals sign"}},
    {"Colon",
     METER "interval: \"10s\"\n",
     {":4:9: has a colon behind a key; write an equals sign"}},
    {"SecretWithoutQuotes", METER "key = 0123456789ABCDEF0123\n", {":4:1: \"key\" " + not_a_key}},
    {"SecretOfDigits", METER "key = 12345678901234567890\n", {":4:1: \"key\" " + not_a_key}},
    {"SecretThatBeginsLikeAFlag",
     MQTT "password = true5ecret\n",
     {":6:1: \"password\" " + not_a_password}},
    {"SecretBehindAColon", MQTT "password: hunter2\n", {":6:1: \"password\" " + not_a_password}},
    {"SecretInPlaceOfAName",
     METER "key_credential = true5ecret\n",
     {":4:18: key_credential: is not in quotes; write text as in interval = \"10s\""}},

    // Keys
    {"KeyOfAnotherTable",
     METER "url = \"mqtt://b\"\n",
     {":4:1: \"url\" is unknown here; it belongs under [mqtt]"}},
    {"KeyOfTheMeterUnderMqtt",
     MQTT "session = \"keep\"\n",
     {":6:1: \"session\" is unknown here; it belongs under [[meter]]"}},
    {"KeyNobodyKnows",
     METER "[dbus]\nshape = 1\n",
     {":5:1: \"shape\" is unknown here; remove it, or write one of bus"}},
    {"PasswordInTheFile",
     MQTT "password = \"hunter2\"\n",
     {":6:1: \"password\" " + not_a_password}},
    {"PasswordOfAnotherName",
     MQTT "Passwort = \"hunter2\"\nmqtt_pass = 7\nsecret = [\"hunter2\"]\n",
     {":6:1: \"Passwort\" " + not_a_password, ":7:1: \"mqtt_pass\" " + not_a_password,
      ":8:1: \"secret\" " + not_a_password}},
    {"ClientKeyInTheFile",
     MQTTS "key = \"-----BEGIN\"\n",
     {":6:1: \"key\" must not stand in this file; take this line out, and write client_key_file "
      "with the path of a file that holds the key"}},
    {"KeyInTheFile", METER "key = \"01234567890123456789\"\n", {":4:1: \"key\" " + not_a_key}},
    {"KeyOfAnotherName",
     METER "RK = \"0\"\nmeter_key = \"0\"\npassword = \"0\"\nkey_of_the_meter = \"0\"\n",
     {":4:1: \"RK\" " + not_a_key, ":5:1: \"meter_key\" " + not_a_key,
      ":6:1: \"password\" " + not_a_key, ":7:1: \"key_of_the_meter\" " + not_a_key}},
    {"KeyInPlaceOfAnotherValue",
     "[[meter]]\nname = \"0123456789ABCDEF0123\"\ndevice = \"0123-4567-89AB-CDEF-0123\"\n"
     "interval = \"0123 4567 89AB CDEF 0123\"\n",
     {":2:8: name: " + like_a_key, ":3:10: device: " + like_a_key,
      ":4:12: interval: " + like_a_key}},
    {"SlipOfAKeysName",
     METER "key_fiel = \"/k\"\n",
     {":4:1: \"key_fiel\" is unknown here; did you mean \"key_file\"?"}},
    {"KeyWithControlCharacters",
     METER "\"x\\u0007\\ny\" = 1\n[dbus]\n",
     {":4:1: \"x??y\" is unknown here; remove it, or write one of name, device, key_credential, "
      "key_file, interval, slow_interval, fast, session, quiet_hours, main_fuse, jump_after, rts, "
      "dtr"}},

    // [[meter]]
    {"NameMissing",
     "[[meter]]\ndevice = \"/a\"\n",
     {":1:1: name: is missing in this table; write for example name = \"main\""}},
    {"NameEmpty",
     "[[meter]]\nname = \"\"\ndevice = \"/a\"\n",
     {":2:8: name: \"\" is not a meter's name; write a-z, then a-z, 0-9 or _, at most 64 "
      "characters"}},
    {"NameBeginsWithDigit",
     "[[meter]]\nname = \"1a\"\ndevice = \"/a\"\n",
     {":2:8: name: \"1a\" is not a meter's name; write a-z, then a-z, 0-9 or _, at most 64 "
      "characters"}},
    {"NameOf65Characters",
     "[[meter]]\nname = \"a2345678901234567890123456789012345678901234567890123456789012345\"\n"
     "device = \"/a\"\n",
     {":2:8: name: \"a23456789012345678901234567890123456789012345678901234567890...\" is not a "
      "meter's name; write a-z, then a-z, 0-9 or _, at most 64 characters"}},
    {"NameTwice",
     METER "[[meter]]\nname = \"a\"\ndevice = \"/b\"\n",
     {":5:8: name: \"a\" is the meter's in line 2 already; write another"}},
    {"DeviceTwice",
     METER "[[meter]]\nname = \"b\"\ndevice = \"/a\"\n",
     {":6:10: device: \"/a\" is the meter's in line 3 already; write another"}},
    {"DeviceRelative",
     "[[meter]]\nname = \"a\"\ndevice = \"ttyUSB0\"\n",
     {":3:10: device: \"ttyUSB0\" is no device; write an absolute path such as "
      "\"/dev/ir-probe\", or \"tcp://host:port\""}},
    {"DeviceWithoutPort",
     "[[meter]]\nname = \"a\"\ndevice = \"tcp://host\"\n",
     {":3:10: device: \"tcp://host\" has no port; write \"tcp://host:port\""}},
    {"DeviceWithPassword",
     "[[meter]]\nname = \"a\"\ndevice = \"tcp://user:hunter2@host:1\"\n",
     {":3:10: device: has a user or password in it, where only a host and a port belong; write "
      "\"tcp://host:port\""}},
    {"DeviceTwiceInOtherLetters",
     "[[meter]]\nname = \"a\"\ndevice = \"/dev/x\"\n[[meter]]\nname = \"b\"\ndevice = "
     "\"/dev//x\"\n[[meter]]\nname = \"c\"\ndevice = \"tcp://h:1\"\n[[meter]]\nname = \"d\"\n"
     "device = \"tcp://H:1\"\n",
     {":6:10: device: \"/dev/x\" is the meter's in line 3 already; write another",
      ":12:10: device: \"tcp://h:1\" is the meter's in line 9 already; write another"}},
    {"BlanksAtTheEnds",
     "[[meter]]\nname = \" a\"\ndevice = \"/dev/ttyUSB0 \"\ninterval = \"10s\\t\"\n"
     "key_file = \" hunter2\"\n",
     {":2:8: name: begins with a blank; write it without",
      ":3:10: device: ends with a blank; write it without",
      ":4:12: interval: ends with a blank; write it without",
      ":5:12: key_file: begins with a blank; write it without"}},
    {"CharactersThatNobodySees",
     MQTT "username = \"ir\xE2\x80\x8Bmeterd\"\nclient_id = \"ir\xC2\xA0meterd\"\n",
     {":6:12: username: has an invisible character (U+200B); remove it",
      ":7:13: client_id: has a no-break space (U+00A0); write a plain one, or none"}},
    {"CharactersThatOnlyLookRight",
     "[[meter]]\nname = \"\xE2\x80\x9Cmain\xE2\x80\x9D\"\ndevice = \"/dev/by\xE2\x80\x91id\"\n"
     "quiet_hours = [\"02:10\xE2\x80\x93"
     "02:18\"]\nmain_fuse = \"3\xC3\x97"
     "63A\"\n",
     {":2:8: name: has a typographic quotation mark (U+201C); write \"",
      ":3:10: device: has a typographic dash (U+2011); write -",
      ":4:16: quiet_hours: has a typographic dash (U+2013); write -",
      ":5:13: main_fuse: has a multiplication sign (U+00D7); write x"}},
    {"DeviceWithNul",
     "[[meter]]\nname = \"a\"\ndevice = \"/dev\\u0000x\"\n",
     {":3:10: device: \"/dev?x\" has control characters in it; write plain text"}},
    {"IntervalWithoutUnit",
     METER "interval = \"10\"\n",
     {":4:12: interval: \"10\" is not a duration; write a whole number with ms, s, m or h behind "
      "it, such as \"10s\""}},
    {"IntervalTooShort",
     METER "interval = \"499ms\"\n",
     {":4:12: interval: \"499ms\" is out of range; write \"500ms\" to \"1h\""}},
    {"IntervalTooLong",
     METER "interval = \"61m\"\n",
     {":4:12: interval: \"61m\" is out of range; write \"500ms\" to \"1h\""}},
    {"SlowIntervalTooShort",
     METER "slow_interval = \"999ms\"\n",
     {":4:17: slow_interval: \"999ms\" is out of range; write \"1s\" to \"24h\""}},
    {"FastIsNoQuantity",
     METER "fast = [\"powr_l1\"]\n",
     {":4:9: fast: \"powr_l1\" is no quantity; org.irmeterd.IrMeter1(5) has their names"}},
    {"SessionUnknown",
     METER "session = \"always\"\n",
     {":4:11: session: \"always\" is unknown; write one of \"auto\", \"keep\", \"each\""}},
    {"SessionIsBoolean",
     METER "session = true\n",
     {":4:11: session: is a boolean; write one of \"auto\", \"keep\", \"each\""}},
    {"QuietHoursAreText",
     METER "quiet_hours = \"02:10-02:18\"\n",
     {":4:15: quiet_hours: is a string; write an array, such as [\"02:10-02:18\", "
      "\"23:55-00:05\"]"}},
    {"QuietHoursWithMistakesAmongThem",
     METER "quiet_hours = [\"02:10-02:18\", \"2:10-2:18\",\n  1430, [\"00:00-01:00\"]]\n",
     {":4:31: quiet_hours: \"2:10-2:18\" is not a range of the day; write HH:MM-HH:MM, such as "
      "\"02:10-02:18\"",
      ":5:3: quiet_hours: is an integer; write text in quotes, such as \"02:10-02:18\"",
      ":5:9: quiet_hours: is an array; write text in quotes, such as \"02:10-02:18\""}},
    {"QuietHoursAfterMidnight",
     METER "quiet_hours = [\"23:00-24:00\"]\n",
     {":4:16: quiet_hours: \"23:00-24:00\" has a time in it that no clock shows; write 00:00 to "
      "23:59"}},
    {"QuietHoursOfNoLength",
     METER "quiet_hours = [\"02:10-02:10\"]\n",
     {":4:16: quiet_hours: \"02:10-02:10\" ends as it begins; write two different times"}},
    {"MainFuseWithoutPhases",
     METER "main_fuse = \"63A\"\n",
     {":4:13: main_fuse: \"63A\" is not a main fuse; write phases and amperes, such as \"3x63A\" "
      "or \"1x35A\""}},
    {"MainFuseIsInteger",
     METER "main_fuse = 63\n",
     {":4:13: main_fuse: is an integer; write text in quotes, such as \"3x63A\""}},
    {"MainFuseOfTwoPhases",
     METER "main_fuse = \"2x63A\"\n",
     {":4:13: main_fuse: \"2x63A\" has neither 1 phase nor 3; write a fuse such as \"3x63A\" or "
      "\"1x35A\""}},
    {"MainFuseTooLarge",
     METER "main_fuse = \"3x4001A\"\n",
     {":4:13: main_fuse: \"3x4001A\" is out of range; write 1 to 4000 A for each phase"}},
    {"JumpAfterADay",
     METER "jump_after = \"25h\"\n",
     {":4:14: jump_after: \"25h\" is out of range; write \"0s\" to \"24h\""}},
    {"RtsIsText",
     METER "rts = \"true\"\n",
     {":4:7: rts: is a string; write true or false, without quotes"}},
    {"DtrIsInteger",
     METER "dtr = 1\n",
     {":4:7: dtr: is an integer; write true or false, without quotes"}},
    {"BothKeySources",
     METER "key_file = \"/k\"\nkey_credential = \"k\"\n",
     {":4:12: key_file: stands beside key_credential; write only one of the two"}},
    {"KeyFileRelative",
     METER "key_file = \"k\"\n",
     {":4:12: key_file: is not an absolute path; write one that begins with /"}},
    {"KeyCredentialIsPath",
     METER "key_credential = \"/k\"\n",
     {":4:18: key_credential: is not a credential's name; write a file name without a folder, of "
      "a-z, A-Z, 0-9, ., _ and -, such as \"meter-key\""}},
    {"KeyCredentialThatSystemdRefuses",
     METER "key_credential = \"a:b\"\n",
     {":4:18: key_credential: is not a credential's name; write a file name without a folder, of "
      "a-z, A-Z, 0-9, ., _ and -, such as \"meter-key\""}},
    {"KeyCredentialIsKey",
     METER "key_credential = \"0123456789ABCDEF0123\"\n",
     {":4:18: key_credential: " + like_a_key}},
    {"KeyCredentialIsKeyInGroups",
     METER "key_credential = \"0123-4567-89AB-CDEF-0123\"\n",
     {":4:18: key_credential: " + like_a_key}},
    {"KeyCredentialIsKeyInHexadecimal",
     METER "key_credential = \"3031323334353637383941424344454630313233\"\n",
     {":4:18: key_credential: " + like_a_key}},
    {"KeyCredentialOfLettersAlone",
     METER "key_credential = \"abcdefghijklmnopqrst\"\n",
     {":4:18: key_credential: " + like_a_key}},
    {"KeyCredentialEmpty",
     METER "key_credential = \"\"\n",
     {":4:18: key_credential: must not be empty; leave the key out to have the default"}},

    // [mqtt]
    {"UrlMissing",
     METER "[mqtt]\n",
     {":4:1: url: is missing in this table; write for example url = \"mqtt://localhost:1883\""}},
    {"UrlScheme",
     METER "[mqtt]\nurl = \"tcp://b\"\n",
     {":5:7: url: does not begin with mqtt:// or mqtts://; write \"mqtt://host:port\" or "
      "\"mqtts://host:port\""}},
    {"UrlWithZone",
     METER "[mqtt]\nurl = \"mqtt://[fe80::1%lo]\"\n",
     {":5:7: url: has an address with a zone (%), which does not work for MQTT; write "
      "\"mqtt://host:port\" or \"mqtts://host:port\""}},
    {"UrlWithPassword",
     METER "[mqtt]\nurl = \"mqtt://user:hunter2@b\"\n",
     {":5:7: url: has a user or password in it, where only a host and a port belong; write "
      "\"mqtt://host:port\" or \"mqtts://host:port\", the user under username and "
      "password_credential = \"mqtt-password\", and " +
      store_password}},
    {"BothPasswordSources",
     MQTT "username = \"u\"\npassword_credential = \"p\"\npassword_file = \"/p\"\n",
     {":8:17: password_file: stands beside password_credential; write only one of the two"}},
    {"PasswordWithoutUser",
     MQTT "password_credential = \"p\"\n",
     {":6:23: password_credential: is of no use without username; write both"}},
    {"PasswordFileIsPassword",
     MQTT "username = \"u\"\npassword_file = \"hunter2\"\n",
     {":7:17: password_file: is not an absolute path; write one that begins with /"}},
    {"PasswordCredentialIsPassword",
     MQTT "username = \"u\"\npassword_credential = \"hunter2!\"\n",
     {":7:23: password_credential: is not a credential's name; write a file name without a folder, "
      "of a-z, A-Z, 0-9, ., _ and -, such as \"meter-key\""}},
    {"PasswordFileWithoutUser",
     MQTT "password_file = \"/p\"\n",
     {":6:17: password_file: is of no use without username; write both"}},
    {"CertificateWithoutKey",
     MQTTS "cert_file = \"/c\"\n",
     {":6:13: cert_file: is of no use without client_key_file; write both"}},
    {"KeyWithoutCertificate",
     MQTTS "client_key_file = \"/c\"\n",
     {":6:19: client_key_file: is of no use without cert_file; write both"}},
    {"BothClientKeys",
     MQTTS "cert_file = \"/c\"\nclient_key_credential = \"k\"\nclient_key_file = \"/k\"\n",
     {":8:19: client_key_file: stands beside client_key_credential; write only one of the two"}},
    {"KeyCredentialWithoutCertificate",
     MQTTS "client_key_credential = \"k\"\n",
     {":6:25: client_key_credential: is of no use without cert_file; write both"}},
    {"KeyCredentialWithoutTls",
     MQTT "cert_file = \"/c\"\nclient_key_credential = \"k\"\n",
     {":6:13: cert_file: is for encrypted connections only; write an mqtts:// url",
      ":7:25: client_key_credential: is for encrypted connections only; write an mqtts:// url"}},
    {"AuthorityWithoutTls",
     MQTT "ca_file = \"/c\"\n",
     {":6:11: ca_file: is for encrypted connections only; write an mqtts:// url"}},
    {"TopicPrefixWithPlus",
     MQTT "topic_prefix = \"a/+\"\n",
     {":6:16: topic_prefix: \"a/+\" has a wildcard in it; write topic levels without + and #"}},
    {"TopicPrefixWithHash",
     MQTT "topic_prefix = \"#\"\n",
     {":6:16: topic_prefix: \"#\" has a wildcard in it; write topic levels without + and #"}},
    {"TopicPrefixWithNul",
     MQTT "topic_prefix = \"a\\u0000\"\n",
     {":6:16: topic_prefix: \"a?\" has control characters in it; write plain text"}},
    {"TopicPrefixEmpty",
     MQTT "topic_prefix = \"\"\n",
     {":6:16: topic_prefix: must not be empty; leave the key out to have the default"}},
    {"TopicPrefixLeadingSlash",
     MQTT "topic_prefix = \"/a\"\n",
     {":6:16: topic_prefix: \"/a\" has a slash at one end; write it without"}},
    {"DiscoveryPrefixTrailingSlash",
     MQTT "discovery_prefix = \"a/\"\n",
     {":6:20: discovery_prefix: \"a/\" has a slash at one end; write it without"}},
    {"DiscoveryPrefixOfTheBroker",
     MQTT "discovery_prefix = \"$SYS\"\n",
     {":6:20: discovery_prefix: \"$SYS\" begins with $, which is the broker's own; write another "
      "first letter"}},
    {"ClientIdIsDate",
     MQTT "client_id = 2024-01-01\n",
     {":6:13: client_id: is a date; write text in quotes"}},

    // The rest
    {"BusUnknown",
     METER "[dbus]\nbus = \"user\"\n",
     {":5:7: bus: \"user\" is unknown; write one of \"system\", \"session\", \"none\""}},
    {"CacheIsArray",
     METER "[cache]\ndirectory = [\"/a\"]\n",
     {":5:13: directory: is an array; write text in quotes"}},
};

class ConfigMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigMistake, IsReportedWithItsPlace) {
  std::vector<std::string> expected;
  for (const std::string& message : GetParam().messages) {
    expected.push_back("bad.toml" + message);
  }
  std::vector<std::string> reported;
  for (const ConfigProblem& problem : parse_config(GetParam().text, "bad.toml").problems) {
    reported.push_back(problem.text());
  }
  EXPECT_EQ(reported, expected);
}

INSTANTIATE_TEST_SUITE_P(Each, ConfigMistake, testing::ValuesIn(mistakes),
                         [](const auto& each) { return std::string(each.param.name); });

// The words behind "not valid TOML" are the library's and differ between its versions.
struct Invalid {
  std::string_view name;
  std::string_view text;
  std::string_view place;
};

void PrintTo(const Invalid& invalid, std::ostream* out) {
  *out << invalid.name;
}

const Invalid invalids[] = {
    {"KeyTwice", METER "name = \"b\"\n", "4:8"},
    {"TableTwice", METER "[dbus]\n[dbus]\n", "5:1"},
    {"ArrayOfWords", METER "quiet_hours = [02:10-02:18]\n", "4:16"},
    {"NoKeyAtAll", METER "0123456789ABCDEF0123\n", "4:21"},
};

class ConfigInvalid : public testing::TestWithParam<Invalid> {};

TEST_P(ConfigInvalid, IsReportedWithItsPlace) {
  const LoadedConfig loaded = parse_config(GetParam().text, "bad.toml");
  ASSERT_EQ(loaded.problems.size(), 1U);
  const std::string text = loaded.problems[0].text();
  const std::string begin = "bad.toml:" + std::string(GetParam().place) + ": not valid TOML: ";
  EXPECT_EQ(text.substr(0, begin.size()), begin) << text;
  EXPECT_GT(text.size(), begin.size());
  EXPECT_EQ(text.find("0123456789"), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(Each, ConfigInvalid, testing::ValuesIn(invalids),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(ConfigMistakes, TextDamagedOrCutShortAnywhereGivesMessagesOfOneLine) {
  const std::string good = MQTTS "username = \"u\"\npassword_file = \"/p\"\ndiscovery = true\n";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char byte : {'\0', '"', '[', '\xC3', '=', '\n'}) {
      std::string damaged = good;
      damaged[i] = byte;
      for (const std::string& text : {damaged, damaged.substr(0, i)}) {
        for (const ConfigProblem& problem : parse_config(text, "f").problems) {
          EXPECT_FALSE(problem.message.empty());
          EXPECT_EQ(problem.message.find('\n'), std::string::npos);
        }
      }
    }
  }
}

}  // namespace
}  // namespace irmeterd
