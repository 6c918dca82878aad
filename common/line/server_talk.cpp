#include "common/line/server_talk.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

namespace irmeterd {
namespace {

using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::Fault;

// Telnet, RFC 854 and 855: a command that offers or asks for an option.
constexpr std::uint8_t iac = 0xFF;
constexpr std::uint8_t do_option = 0xFD;
constexpr std::uint8_t subnegotiation = 0xFA;
constexpr std::uint8_t first_offer = 0xFB;  // WILL, WONT, DO, DONT
constexpr std::uint8_t last_offer = 0xFE;
constexpr std::uint8_t last_option = 50;

// What only a server that people log in to wants to know: the kind of terminal, the size of its
// window, its speed, its display and its environment.
constexpr std::array<std::uint8_t, 5> terminal_options{24, 31, 32, 35, 39};

// How other services begin, and what a log-in asks for, in lower case.
constexpr std::array<std::string_view, 7> beginnings{"ssh-", "http/", "220 ", "220-",
                                                     "+ok",  "* ok",  "rfb "};
constexpr std::array<std::string_view, 3> questions{"login:", "username:", "password:"};

// What the banner of a serial server has in it, by default or by the person who wrote it.
constexpr std::array<std::string_view, 9> serial_words{"ser2net", "serial", "/dev/", "tty",  "baud",
                                                       "9600",    "meter",  "probe", "rs232"};
// A text of fewer characters may be light.
constexpr std::size_t least_text = 5;

// A server that takes up no light at all has answered so many requests with text.
constexpr unsigned most_answers = 2;
// A packet may be damaged so that it is whole with a byte less, but hardly two in a row.
constexpr unsigned most_doubled = 2;

constexpr std::size_t kept_text = 400;
constexpr std::size_t quoted_text = 60;

bool is_text(std::uint8_t byte) {
  constexpr std::string_view controls("\b\t\n\r\x1b");
  return (byte >= ' ' && byte <= '~') ||
         controls.find(static_cast<char>(byte)) != std::string_view::npos;
}

// The first line with anything in it.
std::string first_line(const std::string& text) {
  constexpr const char* blank = " \b\t\n\r\x1b";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string::npos) {
    return {};
  }
  std::string line = text.substr(begin, quoted_text);
  line.erase(std::min(line.find_first_of("\b\t\n\r\x1b"), line.size()));
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

// TLS tells a client that does not speak it, with an alert.
bool is_tls_alert(ByteView bytes) {
  return bytes.size() >= 5 && bytes[0] == 0x15 && bytes[1] == 3 && bytes[3] == 0 && bytes[4] == 2;
}

// How many packets there are now with an FF that telnet would double, but for the last byte.
unsigned packets_with_ff(irmeter::PacketScanner& scanner) {
  unsigned count = 0;
  while (const auto item = scanner.next()) {
    if (const auto* const packet = std::get_if<irmeter::ReceivedPacket>(&*item)) {
      count += std::find(packet->raw.begin(), packet->raw.end() - 1, iac) != packet->raw.end() - 1;
    }
  }
  return count;
}

}  // namespace

void ServerTalk::connected() {
  *this = ServerTalk(std::move(device_));
}

ServerTalk::Heard ServerTalk::received(ByteView bytes) {
  Heard heard = introducing_ ? introduction(bytes) : Heard{Bytes(bytes.begin(), bytes.end()), {}};
  if (!heard.failure && doubles_ff(heard.light)) {
    heard.failure = {Fault::telnet, device_};
  }
  return heard;
}

// Up to the first byte that is neither text nor telnet.
ServerTalk::Heard ServerTalk::introduction(ByteView bytes) {
  if (text_.empty() && command_.empty() && is_tls_alert(bytes)) {
    return {{}, irmeter::Failure{Fault::other_service, device_ + ", which speaks TLS"}};
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t byte = bytes[i];
    command_.push_back(byte);
    const bool begins = command_.size() == 1 && byte == iac;
    const bool goes_on = command_.size() == 2 && byte >= first_offer && byte <= last_offer;
    const bool offers = command_.size() == 3 && byte <= last_option;
    if (offers || (command_.size() == 2 && byte == subnegotiation)) {
      // What else it asks for tells what kind of server it is.
      const ByteView rest = bytes.subspan(i + 1);
      command_.insert(command_.end(), rest.begin(), rest.end());
      for (std::size_t at = 0; at + 2 < command_.size(); ++at) {
        if (command_[at] == iac && command_[at + 1] == do_option &&
            std::ranges::find(terminal_options, command_[at + 2]) != terminal_options.end()) {
          return {{},
                  irmeter::Failure{Fault::other_service, device_ + ", which asks for a terminal"}};
        }
      }
      return {{}, irmeter::Failure{Fault::telnet, device_}};
    }
    if (begins || goes_on) {
      continue;
    }
    if (command_.size() > 1 || !is_text(byte)) {
      introducing_ = false;
      Bytes light = command_;
      light.insert(light.end(), bytes.begin() + static_cast<std::ptrdiff_t>(i) + 1, bytes.end());
      return {std::move(light), {}};
    }
    command_.clear();
    if (text_.size() < kept_text) {
      text_.push_back(static_cast<char>(byte));
    }
    if (requests_ > answered_) {
      answered_ = requests_;
      ++answers_;
    }
  }
  if (is_another_service()) {
    return {{}, irmeter::Failure{Fault::other_service, device_ + quotation()}};
  }
  return {};
}

// Without what is in front of it.
std::string ServerTalk::lower_text() const {
  std::string text = text_.substr(std::min(text_.find_first_not_of(" \r\n"), text_.size()));
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool ServerTalk::is_another_service() const {
  const std::string text = lower_text();
  const auto begins = [&](std::string_view with) { return text.starts_with(with); };
  const auto has = [&](std::string_view question) {
    return text.find(question) != std::string::npos;
  };
  return answers_ > most_answers || std::ranges::any_of(beginnings, begins) ||
         std::ranges::any_of(questions, has);
}

std::optional<irmeter::Failure> ServerTalk::why_silent() const {
  const std::string text = lower_text();
  const bool is_serial = std::ranges::any_of(
      serial_words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
  if (!introducing_ || is_serial || first_line(text).size() < least_text) {
    return std::nullopt;
  }
  return irmeter::Failure{Fault::other_service, device_ + quotation() + " and then nothing"};
}

bool ServerTalk::doubles_ff(ByteView bytes) {
  Bytes undoubled;
  for (const std::uint8_t byte : bytes) {
    last_was_ff_ = byte == iac && !last_was_ff_;
    if (byte != iac || last_was_ff_) {
      undoubled.push_back(byte);
    }
  }
  plain_.push(bytes);
  undoubled_.push(undoubled);
  const unsigned whole = packets_with_ff(plain_);
  const unsigned whole_undoubled = packets_with_ff(undoubled_);
  doubled_ = whole > 0 ? 0 : doubled_ + whole_undoubled;
  return doubled_ >= most_doubled;
}

std::string ServerTalk::quotation() const {
  const std::string line = first_line(text_);
  return line.empty() ? line : ", which says \"" + line + "\"";
}

}  // namespace irmeterd
