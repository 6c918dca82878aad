#include "daemon/meter/line_trace.hpp"

namespace irmeterd {

LineTrace::LineTrace(const Log& log, const std::string& meter,
                     const std::optional<irmeter::Key>& key)
    : log_(log), meter_(meter) {
  if (log.enabled(LogLevel::trace)) {
    trace_ = std::make_unique<irmeter::Trace>(irmeter::default_packet_size, key);
  }
}

void LineTrace::sent(irmeter::ByteView bytes) const {
  if (trace_) {
    write(trace_->client(bytes));
  }
}

void LineTrace::received(irmeter::ByteView bytes) const {
  if (trace_) {
    write(trace_->meter(bytes));
  }
}

void LineTrace::ended() const {
  if (trace_) {
    write(trace_->rest());
  }
}

void LineTrace::write(const std::vector<std::string>& lines) const {
  for (const std::string& line : lines) {
    log_.trace(meter_ + " " + line, {{"METER", meter_}});
  }
}

}  // namespace irmeterd
