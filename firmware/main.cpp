// Reads a meter on a microcontroller: the core of lib/, and a line of text for each poll.
//
//   accepted voltage_l1=6553500
//   reading 0000000012345678 energy_import=8214350 ... took=144ms
//   failure silent
//   cost awake_us=5673 allocations=0 heap=1564 stack=1744
//
// The integers are the meter's own, in the units of lib/meter/quantity.hpp. What is accepted can
// hardly be true; it is in the reading all the same, as readings in a row agree on it. The page of
// the board begins with the 20 characters of the key; what became of it lies behind them.
#include <charconv>
#include <new>

#include "firmware/board.hpp"
#include "lib/meter/meter.hpp"
#include "lib/session/key_page.hpp"

namespace irmeter {
namespace {

void print(std::int64_t number) {
  std::array<char, 20> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  board::print({text.data(), static_cast<std::size_t>(end - text.data())});
}
void print(std::string_view name, std::int64_t number) {
  board::print(name);
  print(number);
}

// The page of the board, and the rule of the key on it.
class Keeper {
  [[nodiscard]] auto saver() const {
    return [this](const KeyPage::Image& image) { return save(image); };
  }

 public:
  Keeper() {
    Page page{};
    const std::size_t size = board::load(page);
    if (size >= Key::size) {
      key_ = Key::from_text({reinterpret_cast<const char*>(page.data()), Key::size});
    }
    if (size > Key::size) {  // else it is a new key
      KeyPage::Image image{};
      std::ranges::copy(std::span(page).subspan(Key::size), image.begin());
      known_ = KeyPage::from(image);
    }
    wipe(page.data(), Key::size);
  }

  [[nodiscard]] const std::optional<Key>& key() const { return key_; }

  [[nodiscard]] KeyPermission ask(const KeyQuestion& question) {
    return known_ ? known_->ask(question, saver()) : KeyPermission::unrecorded;
  }
  void learn(const KeyFact& fact) {
    if (known_) {
      known_->learn(fact, saver());
    }
  }
  void save_again() {
    if (known_) {
      known_->save_again(saver());
    }
  }

 private:
  using Page = std::array<std::uint8_t, Key::size + KeyPage::size>;

  [[nodiscard]] bool save(const KeyPage::Image& image) const {
    Page page{};
    std::ranges::copy(image, std::ranges::copy(key_->bytes(), page.begin()).out);
    const bool saved = board::save(page);
    wipe(page.data(), Key::size);
    return saved;
  }

  std::optional<Key> key_;
  std::optional<KeyPage> known_{KeyPage()};
};

class Application {
 public:
  Application() : meter_(options(), keeper_.key()) {
    meter_.line_ready(board::now());
    meter_.start(board::now());
  }

  [[noreturn]] void run() {
    for (;;) {
      pump();
      board::sleep_until(meter_.deadline(), meter_.missing());
      std::array<std::uint8_t, 64> buffer;
      if (const ByteView bytes = board::receive(buffer); !bytes.empty()) {
        meter_.receive(bytes, board::now());
        pump();
      }
      // Whatever came in: noise without a pause is no reason to wait.
      if (const auto deadline = meter_.deadline(); deadline && board::now() >= *deadline) {
        meter_.timeout(board::now());
        pump();
      }
      if (board::retry_wanted()) {
        meter_.retry_key(board::now());
      }
    }
  }

 private:
  static MeterOptions options() {
    MeterOptions options;
    options.interval = std::chrono::seconds(2);
    options.session = MeterOptions::SessionMode::keep;
    options.plan = nes_polls();
    options.pace.fast = every_quantity();
    return options;
  }

  // Not inline: what it has on the stack is not there while the core is at work.
  [[gnu::noinline]] void pump() {
    while (auto output = meter_.output()) {
      std::visit([this](auto& what) { on(what); }, *output);
    }
  }

  void on(Transmit& transmit) {
    board::transmit(transmit.bytes);
    if (transmit.secret) {
      transmit.bytes.wipe();
    }
  }
  void on(const KeyQuestion& question) {
    meter_.answer_key(keeper_.ask(question), board::now(), "page");
  }
  void on(const KeyFact& fact) { keeper_.learn(fact); }
  void on(const Identified& identified) { serial_number_ = identified.identity.serial_number; }
  void on(const PollEnded& poll) {
    keeper_.save_again();
    if (const auto* const failure = std::get_if<Failure>(&poll.result)) {
      board::print("failure ");
      board::print(info(failure->fault).name);
      if (!failure->context.empty()) {
        board::print(" ");
        board::print(failure->context);
      }
    } else {
      for (const auto& [quantity, before, now] : poll.accepted) {
        print_value("accepted ", quantity, now);
        board::print("\n");
      }
      board::print("reading ");
      board::print(serial_number_);
      print_values(poll.reading()->values);
      print(" took=", poll.duration / std::chrono::milliseconds(1));
      board::print("ms");
    }
    board::print("\n");
    print_cost();
  }
  // Of a kind that is not read here, or not asked for.
  template <typename Other>
  void on(const Other&) {}

  static void print_values(const Values& values) {
    for (const QuantityInfo& quantity : quantities) {
      if (const auto value = values.get(quantity.id)) {
        print_value(" ", quantity.id, *value);
      }
    }
  }
  static void print_value(std::string_view before, Quantity quantity, std::int64_t value) {
    board::print(before);
    board::print(info(quantity).key);
    print("=", value);
  }

  // Of the time since the line before.
  void print_cost() {
    const board::Usage usage = board::usage();
    print("cost awake_us=", (usage.awake - before_.awake).count());
    print(" allocations=", usage.allocations - before_.allocations);
    print(" heap=", static_cast<std::int64_t>(usage.heap));
    print(" stack=", static_cast<std::int64_t>(usage.stack));
    board::print("\n");
    before_ = board::usage();
  }

  Keeper keeper_;
  Meter meter_;
  std::string serial_number_;
  board::Usage before_;
};

}  // namespace
}  // namespace irmeter

int main() {
  alignas(irmeter::Application) static std::array<std::byte, sizeof(irmeter::Application)> memory;
  (new (memory.data()) irmeter::Application)->run();  // which never ends
}
