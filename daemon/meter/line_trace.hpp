// The conversation of one meter in the log, a packet per line, at --log-level trace.
//
// Each line is the meter's name and a line of lib/trace.hpp, so that a log can be replayed. At any
// other level nothing is looked at or kept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log.hpp"
#include "lib/trace/trace.hpp"

namespace irmeterd {

class LineTrace {
 public:
  // The level that `log` has now is the one that counts.
  LineTrace(const Log& log, const std::string& meter, const std::optional<irmeter::Key>& key);
  LineTrace(const LineTrace&) = delete;
  LineTrace& operator=(const LineTrace&) = delete;
  ~LineTrace() { ended(); }

  void sent(irmeter::ByteView bytes) const;
  void received(irmeter::ByteView bytes) const;
  // The line is gone, and with it the rest of what was coming in; so it is when this ends.
  void ended() const;

 private:
  void write(const std::vector<std::string>& lines) const;

  const Log& log_;
  std::string meter_;
  std::unique_ptr<irmeter::Trace> trace_;  // nothing at other levels
};

}  // namespace irmeterd
