// Reads the transcripts of tests/transcripts, whose README describes their format.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "lib/link/packet.hpp"
#include "lib/time.hpp"

namespace irmeter::testing {

enum class Sender : std::uint8_t { client, meter };

struct TranscriptLine {
  Sender sender;
  Bytes bytes;
  Duration pause{};  // since the end of the line before
};

using Transcript = std::vector<TranscriptLine>;

// Throws std::runtime_error with file and line where the text is not a transcript.
[[nodiscard]] Transcript load_transcript(std::string_view file_name);
[[nodiscard]] Transcript read_transcript(std::istream& from, const std::string& name);

// Stands for the key in transcripts that were made by a trace, which does not show it.
inline constexpr std::string_view transcript_key = "0123456789ABCDEF0123";

// "EE 00 01" into bytes; throws std::invalid_argument where it is no hexadecimal.
[[nodiscard]] Bytes from_hex(std::string_view text);
// And back.
[[nodiscard]] std::string to_hex(ByteView bytes);

// Every packet of a transcript with its CRC as it stands there, whoever sent it.
[[nodiscard]] std::vector<Bytes> packets_of(const Transcript& transcript);

// The payloads of the packets that one side sent.
[[nodiscard]] std::vector<Bytes> payloads_of(const Transcript& transcript, Sender sender);

}  // namespace irmeter::testing
