#include "tools/ir-meterctl/check.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/config/url.hpp"
#include "common/fault_texts.hpp"

namespace irmeterctl {
namespace {

using irmeter::Fault;

// The layer a fault is in. Those that are not here can come up anywhere in a session.
constexpr std::array<std::pair<Fault, Layer>, 16> layers_of_faults{{
    {Fault::no_device, Layer::device},
    {Fault::no_server, Layer::device},
    {Fault::other_service, Layer::device},
    {Fault::telnet, Layer::line},
    {Fault::no_permission, Layer::permission},
    {Fault::device_busy, Layer::line},
    {Fault::unusable_device, Layer::line},
    {Fault::silent, Layer::line},
    {Fault::echo, Layer::echo},
    {Fault::garbled, Layer::identification},
    {Fault::locked_out, Layer::identification},
    {Fault::no_key, Layer::key},
    {Fault::key_rejected, Layer::key},
    {Fault::key_unanswered, Layer::key},
    {Fault::key_unremembered, Layer::key},
    {Fault::quiet, Layer::echo},  // the line is open, and nothing may be sent
}};

// How the place of such a fault begins.
constexpr std::array<std::pair<std::string_view, Layer>, 13> layers_of_places{{
    {"Identification", Layer::identification},
    {"Terminate", Layer::identification},  // of an old session, and then Identification again
    {"Negotiate", Layer::identification},
    {"Logon", Layer::identification},
    {"BT00", Layer::tables},
    {"BT01", Layer::tables},
    {"ET03", Layer::tables},
    {"Security", Layer::key},
    {"BT21", Layer::bt21},
    {"BT20", Layer::bt21},
    {"the meter says that it has no values", Layer::bt21},
    {"BT23", Layer::bt23},
    {"BT28", Layer::bt28},
}};

Layer layer_of(const irmeter::Failure& failure) {
  const auto* const by_fault =
      std::ranges::find(layers_of_faults, failure.fault, &std::pair<Fault, Layer>::first);
  if (by_fault != layers_of_faults.end()) {
    return by_fault->second;
  }
  const auto* const by_place = std::ranges::find_if(layers_of_places, [&](const auto& place) {
    return failure.context.starts_with(place.first);
  });
  // What is left is what BT00 says of the meter.
  return by_place != layers_of_places.end() ? by_place->second : Layer::tables;
}

std::string quantities_of(irmeter::Source source, const std::vector<irmeter::Quantity>& given) {
  std::string text;
  for (const irmeter::Quantity quantity : given) {
    if (irmeter::info(quantity).source == source) {
      text += (text.empty() ? "" : ", ") + std::string(irmeter::info(quantity).key);
    }
  }
  return text.empty() ? "the meter has none of the values" : text;
}

std::string identity_text(const irmeter::Identity& identity) {
  if (identity.serial_number.empty()) {
    return "read";
  }
  return identity.manufacturer + " " + identity.model + ", serial number " +
         identity.serial_number + ", firmware " + identity.firmware_version;
}

class CheckLines {
 public:
  CheckLines(std::string meter, const std::string& device, const PollResult& poll)
      : meter_(std::move(meter)), device_(device), poll_(poll) {}

  // All layers are fine up to the end, before it.
  void add_good(Layer end) {
    while (next_ < end) {
      const bool echoes = next_ == Layer::echo && poll_.echo;
      const bool lacks = next_ == Layer::bt28 && poll_.withheld.any();
      add(echoes || lacks ? CheckResult::note : CheckResult::ok, good(next_),
          std::string(echoes  ? irmeterd::echo_remark.cure
                      : lacks ? "if it stays so, see main_fuse in the configuration"
                              : ""));
    }
  }
  void add(CheckResult result, const std::string& detail, const std::string& cure) {
    lines_.push_back({next_, meter_, result, detail, cure});
    next_ = static_cast<Layer>(static_cast<int>(next_) + 1);
  }
  void add_not_tried(Layer end, const std::string& because = {}) {
    while (next_ < end) {
      add(CheckResult::not_tried, because, {});
    }
  }
  std::vector<CheckLine> take() { return std::move(lines_); }

 private:
  [[nodiscard]] std::string good(Layer layer) const {
    switch (layer) {
      case Layer::device:
        return device_;
      case Layer::permission:
        return irmeterd::is_tcp_url(device_) ? "a serial server needs none"
                                             : "the device may be opened";
      case Layer::line:
        return "it opens, and nobody else has it";
      case Layer::echo:
        return poll_.echo ? std::string(irmeterd::echo_remark.cause)
                          : "what comes back is not our own light";
      case Layer::identification:
        return "a meter answers";
      case Layer::tables:
        return identity_text(poll_.identity);
      case Layer::key:
        return "the meter accepts it";
      case Layer::bt21:
        return "says which values there are";
      case Layer::bt23:
        return quantities_of(irmeter::Source::bt23, poll_.given);
      case Layer::bt28:
        return quantities_of(irmeter::Source::bt28, poll_.given) +
               (poll_.withheld.any() ? ". " + irmeterd::withheld_text(poll_.withheld) : "");
      default:
        return {};
    }
  }

  std::string meter_;
  const std::string& device_;
  const PollResult& poll_;
  Layer next_ = Layer::device;
  std::vector<CheckLine> lines_;
};

}  // namespace

std::vector<CheckLine> meter_layers(const std::string& meter, const std::string& device,
                                    const PollResult& poll) {
  constexpr Layer end = Layer::broker;
  CheckLines lines(meter, device, poll);
  const auto& failure = poll.failure;
  if (!poll.ended) {
    lines.add_not_tried(end, "the daemon has not read the meter yet");
  } else if (!failure) {
    lines.add_good(end);
  } else {
    const Layer layer = layer_of(*failure);
    if (failure->fault == Fault::no_key && poll.identity.serial_number.empty()) {
      lines.add_good(Layer::echo);  // without a key the daemon opens the line and says nothing
      lines.add_not_tried(layer, "nothing is sent without a key");
    }
    lines.add_good(layer);
    if (failure->fault == Fault::quiet) {
      lines.add_not_tried(end, "quiet hours");
    } else if (failure->fault == Fault::device_busy && !poll.of_daemon &&
               failure->context.find(": ir-meterd, PID ") != std::string::npos) {
      lines.add(CheckResult::ok, "the service has it", {});
      lines.add_not_tried(end, "the service is on no bus that could be asked");
    } else if (failure->fault == Fault::no_key && poll.why_no_key) {
      lines.add(CheckResult::failed, poll.why_no_key->what, poll.why_no_key->cure);
    } else {
      lines.add(CheckResult::failed, irmeterd::cause_of(*failure), irmeterd::cure_of(*failure));
    }
  }
  lines.add_not_tried(end);
  return lines.take();
}

}  // namespace irmeterctl
