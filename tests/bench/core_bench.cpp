// What the protocol core costs in processor time: check values, the scanner, decoding, and whole
// polls against the simulated meter in memory, where time is virtual and only work is measured.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <variant>

#include "lib/link/scanner.hpp"
#include "lib/meter/tables.hpp"
#include "tests/support/decode_reading.hpp"
#include "tests/support/pair.hpp"

namespace irmeter::testing {
namespace {

Bytes random_bytes(std::size_t count) {
  std::mt19937 random(1);
  Bytes bytes;
  std::generate_n(std::back_inserter(bytes), count,
                  [&] { return static_cast<std::uint8_t>(random()); });
  return bytes;
}

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// A second or so of a busy line: an ACK and a full packet, again and again.
Bytes clean_stream(std::size_t packets) {
  Packet packet;
  packet.payload = random_bytes(default_packet_size - packet_overhead);
  Bytes stream;
  for (std::size_t i = 0; i < packets; ++i) {
    stream.push_back(ack_byte);
    append(stream, encode(packet));
    packet.toggle = !packet.toggle;
  }
  return stream;
}

// As many packets, each behind as many random bytes with the start of a packet that never comes.
Bytes noisy_stream(std::size_t packets) {
  const Bytes noise = random_bytes(packets * default_packet_size);
  const Bytes packet = clean_stream(1);
  Bytes stream;
  for (std::size_t i = 0; i < packets; ++i) {
    const auto from = noise.begin() + static_cast<std::ptrdiff_t>(i * default_packet_size);
    stream.insert(stream.end(), from, from + default_packet_size);
    append(stream, {start_of_packet, 0, 0, 0, 0, 40});
    append(stream, packet);
  }
  return stream;
}

void check_value(benchmark::State& state) {
  const Bytes bytes = random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(crc16_x25(bytes));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(check_value)->Name("CRC")->Arg(9)->Arg(64);

// piece: bytes per read, 1 as on a slow line, 0 for all at once.
void scan(benchmark::State& state, const Bytes& stream, std::size_t piece) {
  std::size_t packets = 0;
  for (auto _ : state) {
    PacketScanner scanner;
    const std::size_t step = piece == 0 ? stream.size() : piece;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      scanner.push(ByteView(stream).subspan(at, step));
      while (const auto item = scanner.next()) {
        packets += std::holds_alternative<ReceivedPacket>(*item) ? 1U : 0U;
      }
    }
  }
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(stream.size()));
  state.counters["packets"] = static_cast<double>(packets) / static_cast<double>(rounds);
}
BENCHMARK_CAPTURE(scan, clean, clean_stream(16), 0);
BENCHMARK_CAPTURE(scan, clean_byte_by_byte, clean_stream(16), 1);
BENCHMARK_CAPTURE(scan, noisy, noisy_stream(16), 0);
BENCHMARK_CAPTURE(scan, noisy_byte_by_byte, noisy_stream(16), 1);

void decode(benchmark::State& state) {
  const Bytes registers = random_bytes(8);
  const Bytes present_values = random_bytes(60);
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_reading(registers, present_values));
  }
}
BENCHMARK(decode)->Name("decode BT23 and BT28");

// The reader, the simulated meter and the line between them, about a third each.
void poll(benchmark::State& state, MeterOptions::SessionMode mode, bool byte_by_byte) {
  Bench bench;
  bench.options.interval = std::chrono::seconds(2);
  bench.options.session = mode;
  SimulatedPair pair(bench);
  pair.to_meter.keeps_what_was_sent = pair.to_client.keeps_what_was_sent = false;
  pair.to_client.in_one_piece = !byte_by_byte;  // as the daemon reads: it rests within a packet
  pair.start();
  pair.run_polls(1);
  const std::uint64_t bytes_before = pair.to_meter.bytes + pair.to_client.bytes;
  for (auto _ : state) {
    pair.polls.clear();
    if (!pair.run_polls(1) || pair.readings() != 1) {
      state.SkipWithError("a poll failed");
      break;
    }
  }
  state.counters["bytes"] = benchmark::Counter(
      static_cast<double>(pair.to_meter.bytes + pair.to_client.bytes - bytes_before),
      benchmark::Counter::kAvgIterations);
}
BENCHMARK_CAPTURE(poll, kept_session, MeterOptions::SessionMode::keep, false);
BENCHMARK_CAPTURE(poll, kept_session_byte_by_byte, MeterOptions::SessionMode::keep, true);
BENCHMARK_CAPTURE(poll, full_session, MeterOptions::SessionMode::each, false);

}  // namespace
}  // namespace irmeter::testing
