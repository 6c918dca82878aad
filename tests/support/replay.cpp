#include "tests/support/replay.hpp"
#include "tests/support/decode_reading.hpp"

#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>

#include "lib/link/scanner.hpp"
#include "lib/meter/plan.hpp"
#include "lib/meter/tables.hpp"

namespace irmeter::testing {
namespace {

constexpr std::uint8_t read_by_offset = 0x3F;

std::optional<TableRead> read_of(const Bytes& request) {
  if (request[0] != read_by_offset || request.size() < 8) {
    return std::nullopt;
  }
  return TableRead{static_cast<TableId>(request[1] << 8U | request[2]),
                   static_cast<std::uint32_t>(request[3] << 16U | request[4] << 8U | request[5]),
                   static_cast<std::uint16_t>(request[6] << 8U | request[7])};
}

class Replay {
 public:
  void client(const TranscriptLine& line) {
    for (const Bytes& payload : payloads_of({line}, Sender::client)) {
      asked_ = read_of(payload);
    }
  }

  void meter(const TranscriptLine& line) {
    scanner_.push(line.bytes);
    while (const auto item = scanner_.next()) {
      if (const auto* found = std::get_if<ReceivedPacket>(&*item)) {
        on_packet(found->packet);
      }
    }
  }

  [[nodiscard]] Replayed result() {
    Replayed result;
    result.identity = *decode_bt01(table(bt01));
    result.identity.utility_serial_number = decode_et03(table(et03));
    const Dimensions dimensions = *decode_dimensions(table(bt21));
    result.reading = decode_reading(values(bt23, dimensions.summations_offset),
                                    values(bt28, dimensions.present_values_offset));
    return result;
  }

 private:
  void on_packet(const Packet& packet) {
    if (packet.first || !packet.multi) {
      response_.clear();
    }
    response_.insert(response_.end(), packet.payload.begin(), packet.payload.end());
    if (packet.sequence == 0 && asked_ && response_[0] == 0) {
      const auto data = parse_table(response_);
      if (!data || data->size() != asked_->count) {
        throw std::runtime_error(table_name(asked_->table) + " is not what was asked for");
      }
      Bytes& whole = tables_[asked_->table];
      whole.resize(std::max<std::size_t>(whole.size(), asked_->offset + data->size()));
      const auto offset = static_cast<std::ptrdiff_t>(asked_->offset);
      std::copy(data->begin(), data->end(), std::next(whole.begin(), offset));
    }
  }

  const Bytes& table(TableId id) { return tables_[id]; }
  ByteView values(TableId id, std::size_t offset) { return ByteView(table(id)).subspan(offset); }

  PacketScanner scanner_;
  std::optional<TableRead> asked_;
  Bytes response_;
  std::map<TableId, Bytes> tables_;
};

}  // namespace

Replayed replay(const Transcript& conversation) {
  Replay replay;
  for (const TranscriptLine& line : conversation) {
    if (line.sender == Sender::client) {
      replay.client(line);
    } else {
      replay.meter(line);
    }
  }
  return replay.result();
}

}  // namespace irmeter::testing
