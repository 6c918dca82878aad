#include "lib/meter/plan.hpp"

#include <algorithm>

namespace irmeter {

PollPlan::PollPlan(const Dimensions& dimensions, std::size_t max_read) {
  add_reads(bt23, dimensions.summations_offset, wanted_summations(dimensions), max_read);
  add_reads(bt28, dimensions.present_values_offset, wanted_present_values(dimensions), max_read);
}

// Evenly rather than full ones and a rest: with the values and packets of today reads in a row then
// differ in size, so that a late answer cannot pass for the next one.
void PollPlan::add_reads(TableId table, std::uint32_t offset, std::size_t values,
                         std::size_t max_read) {
  const std::size_t fitting = max_read / int32_size;
  for (std::size_t reads = (values + fitting - 1) / fitting; reads > 0; --reads) {
    const std::size_t now = (values + reads - 1) / reads;
    reads_.push_back({table, offset, static_cast<std::uint16_t>(now * int32_size)});
    offset += static_cast<std::uint32_t>(now * int32_size);
    values -= now;
  }
}

std::optional<TableRead> PollPlan::next() const {
  return done_ < reads_.size() ? std::optional(reads_[done_]) : std::nullopt;
}

void PollPlan::add(ByteView data) {
  Bytes& bytes = reads_[done_].table == bt23 ? summations_ : present_values_;
  bytes.insert(bytes.end(), data.begin(), data.end());
  ++done_;
}

Reading PollPlan::reading() const {
  return decode_reading(summations_, present_values_);
}

void PollPlan::restart() {
  done_ = 0;
  summations_.clear();
  present_values_.clear();
}

}  // namespace irmeter
