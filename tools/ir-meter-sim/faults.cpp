#include "tools/ir-meter-sim/faults.hpp"

#include <stdexcept>

#include "lib/timers.hpp"

namespace irmetersim {
namespace {

// A double from 0 to below 1; those of the standard library differ from one to another.
double fraction(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11U) * 0x1p-53;
}

}  // namespace

bool Faults::Active::on(Instant now) const {
  const Duration age = now - since;
  return struck < fault.times && age >= fault.from && age - fault.from < fault.lasting;
}

void Faults::add(const Fault& fault, Instant now) {
  if (fault.kind != FaultKind::random) {
    active_.push_back({fault, now, std::mt19937_64(fault.seed)});
    return;
  }
  for (const FaultInfo& each : fault_table()) {
    if (each.random) {
      Fault part = *parse_fault(each.name);
      part.rate = fault.rate;
      part.seed = fault.seed * fault_count + static_cast<std::uint64_t>(each.kind);
      part.from = fault.from;
      part.lasting = fault.lasting;
      add(part, now);
    }
  }
}

void Faults::add(std::string_view spec, Instant now) {
  const auto fault = parse_fault(spec);
  if (!fault) {
    throw std::invalid_argument(fault.error().what);
  }
  add(*fault, now);
}

Faults::Active* Faults::strike(FaultKind kind, Instant now, std::optional<std::uint16_t> table) {
  for (Active& active : active_) {
    const Fault& fault = active.fault;
    if (fault.kind != kind || (fault.table && fault.table != table) || !active.on(now) ||
        ++active.occasions <= fault.after || (active.occasions - fault.after) % fault.every != 0 ||
        (fault.rate < 100 && fraction(active.random) * 100 >= fault.rate)) {
      continue;
    }
    ++active.struck;
    ++struck_[static_cast<std::size_t>(kind)];
    if (observer_) {
      observer_(kind);
    }
    return &active;
  }
  return nullptr;
}

const Faults::Active* Faults::find(FaultKind kind, Instant now) const {
  for (const Active& active : active_) {
    if (active.fault.kind == kind && active.on(now)) {
      return &active;
    }
  }
  return nullptr;
}

std::optional<Instant> Faults::next_change(FaultKind kind, Instant now) const {
  std::optional<Instant> next;
  for (const Active& active : active_) {
    if (active.fault.kind != kind) {
      continue;
    }
    const Instant begin = active.since + active.fault.from;
    if (now < begin) {
      next = irmeter::earlier(next, begin);
    } else if (active.fault.lasting < Duration::max() && now < begin + active.fault.lasting) {
      next = irmeter::earlier(next, begin + active.fault.lasting);
    }
  }
  return next;
}

}  // namespace irmetersim
