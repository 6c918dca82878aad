#include "tests/fuzz/key_watch.hpp"

#include <algorithm>
#include <utility>

#include "lib/hex.hpp"
#include "tests/fuzz/input.hpp"

namespace fuzz {
namespace {

using irmeter::ByteView;
using irmeter::KeyTrust;

constexpr std::uint8_t identification = 0x20;
constexpr std::uint8_t security = 0x51;
// So many characters of the key are a piece of it.
constexpr std::size_t piece_size = 6;

// Every piece of the key, as characters and in hexadecimal.
std::vector<std::string> pieces_of(ByteView key) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at + piece_size <= key.size(); ++at) {
    std::string text;
    std::string hex;
    for (const std::uint8_t byte : key.subspan(at, piece_size)) {
      text += static_cast<char>(byte);
      hex += irmeter::hex(byte, irmeter::upper_hex_digits) + ' ';
    }
    hex.pop_back();
    pieces.insert(pieces.end(), {text, hex});
  }
  return pieces;
}

}  // namespace

KeyWatch::KeyWatch(const std::optional<irmeter::Key>& key) : key_(key) {
  if (key_) {
    pieces_ = pieces_of(key_->bytes());
  }
}

irmeter::KeyPermission KeyWatch::on_question(const irmeter::KeyQuestion& question) {
  return record_.ask(question);
}

void KeyWatch::on_fact(const irmeter::KeyFact& fact) {
  record_.learn(fact);
  if (fact.trust == KeyTrust::put_off) {
    put_off_.insert(fact.serial_number);
  } else if (fact.trust == KeyTrust::proven) {
    shown_.erase(fact.serial_number);
    put_off_.erase(fact.serial_number);
  }
}

void KeyWatch::on_request(ByteView packet, std::uint8_t service, bool secret) {
  require(secret == (service == security), "the Security service is secret, the rest is not");
  if (key_) {
    const ByteView key = key_->bytes();
    require(secret ==
                (std::search(packet.begin(), packet.end(), key.begin(), key.end()) != packet.end()),
            "the key is in the Security service and nowhere else");
  }
  if (service == identification) {
    shown_in_session_ = false;
  } else if (secret && !std::exchange(shown_in_session_, true)) {  // again only to a busy meter
    on_shown();
  }
}

void KeyWatch::on_shown() {
  const KeyTrust trust = record_.trust(serial_number_);
  require(trust != KeyTrust::untried, "that the key is shown is written down before");
  const unsigned times = ++shown_[serial_number_];
  const unsigned allowed = put_off_.contains(serial_number_) ? 2 : 1;
  require(trust == KeyTrust::proven || times <= allowed || asked_for_,
          "a key that is not proven is not shown again");
  asked_for_ = false;
}

void KeyWatch::check_text(std::string_view text) const {
  for (const std::string& piece : pieces_) {
    require(text.find(piece) == std::string_view::npos, "no piece of the key is shown to people");
  }
}

}  // namespace fuzz
