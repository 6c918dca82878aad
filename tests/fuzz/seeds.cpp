// Writes the first inputs of the fuzz targets: FOLDER/TARGET/NAME.
//
//   fuzz_seeds FOLDER
//
// Those of the protocol are the transcripts, put the way each target takes its input apart; the
// other targets say what their inputs look like.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/transcript.hpp"

namespace {

using irmeter::Bytes;
using irmeter::ByteView;
using irmeter::testing::Sender;
using irmeter::testing::Transcript;
using irmeter::testing::TranscriptLine;

// The seeds of one target. Beside the folder there is a list of them, separated by commas.
class Seeds {
 public:
  Seeds(const std::filesystem::path& folder, const std::string& target) : path_(folder / target) {
    std::filesystem::create_directories(path_);
    list_.exceptions(std::ios::failbit | std::ios::badbit);
    list_.open(folder / (target + ".list"), std::ios::binary);
  }
  void add(const std::string& name, ByteView input) {
    const std::filesystem::path path = path_ / name;
    std::ofstream file(path, std::ios::binary);
    file.exceptions(std::ios::failbit | std::ios::badbit);
    file.write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
    file.close();
    list_ << (std::exchange(first_, false) ? "" : ",") << path.string();
  }
  void add(const std::string& name, std::string_view text) {
    add(name, ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }

 private:
  std::filesystem::path path_;
  std::ofstream list_;
  bool first_ = true;
};

void append(Bytes& bytes, ByteView more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// Both directions as one stream, a piece for each line.
Bytes packet_input(const Transcript& transcript) {
  constexpr std::size_t longest_piece = 63;
  Bytes input{55};  // packets of 64 bytes
  for (const TranscriptLine& line : transcript) {
    for (ByteView rest(line.bytes); !rest.empty();) {
      const ByteView piece = rest.first(std::min(rest.size(), longest_piece));
      rest = rest.subspan(piece.size());
      input.push_back(static_cast<std::uint8_t>(piece.size()));
      append(input, piece);
    }
  }
  return input;
}

// What the meter sent, each line after a request.
Bytes session_input(const Transcript& transcript, std::uint8_t options) {
  constexpr std::uint8_t any_bytes = 0x00;
  constexpr std::uint8_t wait_for_request = 0x04;
  Bytes input{options, 2, 0};
  for (const TranscriptLine& line : transcript) {
    if (line.sender == Sender::client) {
      input.push_back(wait_for_request);
    } else {
      input.push_back(any_bytes);
      input.push_back(static_cast<std::uint8_t>(line.bytes.size()));
      append(input, line.bytes);
    }
  }
  return input;
}

// Every response, each for the decoders that take responses, and without its frame for the others.
void add_tables(Seeds& seeds, const std::string& name, const Transcript& transcript) {
  constexpr std::uint8_t decoders = 8;
  constexpr std::uint8_t first_of_responses = 5;
  constexpr std::size_t frame = 3;  // result code and count, and a checksum behind the table
  int number = 0;
  for (const Bytes& response : payloads_of(transcript, Sender::meter)) {
    const std::string prefix = name + "-" + std::to_string(number++) + "-";
    for (std::uint8_t decoder = 0; decoder < decoders; ++decoder) {
      ByteView content(response);
      if (decoder < first_of_responses) {
        if (content.size() <= frame + 1) {
          continue;
        }
        content = content.subspan(frame, content.size() - frame - 1);
      }
      Bytes input{decoder};
      append(input, content);
      seeds.add(prefix + std::to_string(decoder), input);
    }
  }
}

void add_transcripts(const std::filesystem::path& folder) {
  Seeds packet(folder, "packet");
  Seeds session(folder, "session");
  Seeds tables(folder, "tables");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TRANSCRIPTS_DIR)) {
    if (entry.path().extension() == ".txt") {
      names.insert(entry.path().stem());
    }
  }
  for (const std::string& name : names) {
    const Transcript transcript = irmeter::testing::load_transcript(name + ".txt");
    packet.add(name, packet_input(transcript));
    session.add(name, session_input(transcript, 1));
    add_tables(tables, name, transcript);
  }
}

// The shipped file, also with every key that stands in it as an example or a default.
void add_config(const std::filesystem::path& folder) {
  std::ifstream file(SHIPPED_CONFIG);
  file.exceptions(std::ios::badbit);
  std::string shipped;
  std::string everything;
  for (std::string line; std::getline(file, line);) {
    shipped += line + "\n";
    const bool is_comment = line.starts_with("# ") || line == "#";
    if (!is_comment && !line.empty()) {
      everything += line.substr(line.starts_with('#') ? 1 : 0) + "\n";
    }
  }
  Seeds seeds(folder, "config");
  seeds.add("shipped", shipped);
  seeds.add("everything", everything);
  seeds.add(
      "two-meters",
      "[[meter]]\nname = \"a\"\ndevice = \"tcp://[::1]:4001\"\nquiet_hours = [\"23:50-00:10\"]\n"
      "[[meter]]\nname = \"b\"\ndevice = '/dev/b'\nkey_file = \"/k\"\nsession = \"keep\"\n");
}

// A byte that chooses what to do with the text, in the order of words.cpp.
void add_words(const std::filesystem::path& folder) {
  Seeds seeds(folder, "words");
  std::uint8_t action = 0;
  for (const std::string_view text :
       {"500ms", "tcp://[fe80::1%eth0]:4001", "mqtts://broker.example:8883", "23:50-00:10", "3x63A",
        "ir-meterd/a", "intervall", "\x05\x96\x01\x0A\x01\x82\x01\x8A\x69\xC7\x11\x22"}) {
    seeds.add(std::to_string(action), static_cast<char>(action) + std::string(text));
    ++action;
  }
}

// A message: a byte for flags and topic, two for the length of the payload, the payload.
std::string message(std::uint8_t kind, std::string_view payload) {
  return static_cast<char>(kind) + std::string(1, '\0') + static_cast<char>(payload.size()) +
         std::string(payload);
}

void add_messages(const std::filesystem::path& folder) {
  const std::string command = message(0x01, "read_now");
  const std::string list = message(0x80, "[\"nes_1\",\"nes_1234\"]");
  const std::string birth = message(0x04, "online");
  Seeds seeds(folder, "mqtt");
  seeds.add("command", command);
  seeds.add("retained-command", message(0x81, "read_now") + command);
  seeds.add("list", list);
  seeds.add("own-list", message(0x80, "[\"nes_0000000012345678\",\"nes_2\"]"));
  seeds.add("birth", birth);
  seeds.add("reconnect", list + "\x20" + birth + command);
}

void add_keys(const std::filesystem::path& folder) {
  const std::string hash = " $6$0123456789abcdef$" + std::string(86, 'x') + "\n";
  Seeds seeds(folder, "key_record");
  seeds.add("two",
            "# comment\n0000000012345678 rejected" + hash + "0000000087654321 proven" + hash);
  seeds.add("damaged", "0000000012345678 unanswered" + hash + "0000000087654321 proven");
}

void add_readings(const std::filesystem::path& folder) {
  Seeds seeds(folder, "plausibility");
  // A register that jumps up and stays; then it falls.
  seeds.add("jump", std::string_view("\x02\x00\x3E\x11\x20\x00\x01\x00\x00\x11\x20\x00\x41"
                                     "\x00\x00\x11\x40\x01\x11\x40\x01\x11\x40\xFF",
                                     25));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 64;
  }
  try {
    add_transcripts(argv[1]);
    add_config(argv[1]);
    add_words(argv[1]);
    add_messages(argv[1]);
    add_keys(argv[1]);
    add_readings(argv[1]);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "fuzz_seeds: %s\n", problem.what());
    return 1;
  }
  return 0;
}
