#include "tests/support/transcript.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "lib/hex.hpp"
#include "lib/session/service.hpp"

namespace irmeter::testing {
namespace {

// The bytes of a line, with the ones that a trace does not show: those of a Security packet behind
// the service's code, which are the key and the CRC.
Bytes parse_bytes(const std::string& text) {
  const std::size_t hidden = text.find("**");
  Bytes bytes = from_hex(std::string_view(text).substr(0, hidden));
  if (hidden != std::string::npos) {
    std::istringstream words(text.substr(hidden));
    const auto count = std::count(std::istream_iterator<std::string>(words), {}, "**");
    Packet packet;
    packet.payload = request::security(*Key::from_text(transcript_key));
    packet.toggle = bytes.size() > 2 && bytes[2] != 0;
    const Bytes security = encode(packet);
    if (bytes.size() + static_cast<std::size_t>(count) != security.size() ||
        !std::equal(bytes.begin(), bytes.end(), security.begin())) {
      throw std::invalid_argument("bytes are missing where no key can be");
    }
    bytes = security;
  }
  return bytes;
}

// Nothing for a line of which only a comment is left.
std::optional<TranscriptLine> parse_line(const std::string& text) {
  const std::size_t comment = text.find('#');
  std::istringstream words(text.substr(0, comment));
  TranscriptLine line{};
  std::string word;
  bool any = false;
  while (words >> word && word != "C>" && word != "M>") {
    any = true;
    if (word.starts_with('@')) {
      line.pause = std::chrono::milliseconds(std::stoi(word.substr(1)));
    }
  }
  if (word != "C>" && word != "M>") {
    if (any) {
      throw std::invalid_argument("neither C> nor M>");
    }
    return std::nullopt;
  }
  line.sender = word == "C>" ? Sender::client : Sender::meter;
  std::string bytes;
  std::getline(words, bytes);
  line.bytes = parse_bytes(bytes);
  if (line.bytes.empty() && comment == std::string::npos) {
    throw std::invalid_argument("no bytes");
  }
  return line.bytes.empty() ? std::nullopt : std::optional(std::move(line));
}

}  // namespace

Bytes from_hex(std::string_view text) {
  std::istringstream words{std::string(text)};
  Bytes bytes;
  for (std::string word; words >> word;) {
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), byte, 16);
    if (word.size() != 2 || error != std::errc{} || end != word.data() + 2) {
      throw std::invalid_argument("no byte: " + word);
    }
    bytes.push_back(byte);
  }
  return bytes;
}

std::string to_hex(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += (text.empty() ? "" : " ") + hex(byte, upper_hex_digits);
  }
  return text;
}

Transcript load_transcript(std::string_view file_name) {
  const std::string path = std::string(TRANSCRIPTS_DIR "/").append(file_name);
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error(path + ": cannot be opened");
  }
  return read_transcript(file, path);
}

Transcript read_transcript(std::istream& from, const std::string& name) {
  Transcript transcript;
  int number = 0;
  for (std::string text; std::getline(from, text);) {
    ++number;
    try {
      if (auto line = parse_line(text)) {
        transcript.push_back(std::move(*line));
      }
    } catch (const std::exception& problem) {
      throw std::runtime_error(name + ":" + std::to_string(number) + ": " + problem.what());
    }
  }
  return transcript;
}

// Without the scanner, which is what these are to test.
std::vector<Bytes> packets_of(const Transcript& transcript) {
  std::vector<Bytes> packets;
  for (const TranscriptLine& line : transcript) {
    ByteView rest = line.bytes;
    while (!rest.empty() && (rest[0] == ack_byte || rest[0] == nak_byte)) {
      rest = rest.subspan(1);
    }
    if (rest.size() > packet_overhead && rest[0] == start_of_packet) {
      packets.emplace_back(rest.begin(), rest.end());
    }
  }
  return packets;
}

std::vector<Bytes> payloads_of(const Transcript& transcript, Sender sender) {
  std::vector<Bytes> payloads;
  for (const TranscriptLine& line : transcript) {
    if (line.sender == sender) {
      for (const Bytes& packet : packets_of({line})) {
        payloads.emplace_back(packet.begin() + 6, packet.end() - 2);
      }
    }
  }
  return payloads;
}

}  // namespace irmeter::testing
