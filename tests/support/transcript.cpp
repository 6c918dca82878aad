#include "tests/support/transcript.hpp"

#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace irmeter::testing {
namespace {

TranscriptLine parse_line(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  words >> word;
  TranscriptLine line{};
  if (word.starts_with('@')) {
    line.pause = std::chrono::milliseconds(std::stoi(word.substr(1)));
    words >> word;
  }
  if (word != "C>" && word != "M>") {
    throw std::invalid_argument("neither C> nor M>: " + word);
  }
  line.sender = word == "C>" ? Sender::client : Sender::meter;
  std::string bytes;
  std::getline(words, bytes);
  line.bytes = from_hex(bytes);
  if (line.bytes.empty()) {
    throw std::invalid_argument("no bytes");
  }
  return line;
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
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += text.empty() ? "" : " ";
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
  return text;
}

Transcript load_transcript(std::string_view file_name) {
  const std::string path = std::string(TRANSCRIPTS_DIR) + "/" + std::string(file_name);
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error(path + ": cannot be opened");
  }
  Transcript transcript;
  int number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    text = text.substr(0, text.find('#'));
    if (text.find_first_not_of(" \t") == std::string::npos) {
      continue;
    }
    try {
      transcript.push_back(parse_line(text));
    } catch (const std::exception& problem) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + problem.what());
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
