// The boards that qemu calls mps2-an386 and mps2-an505, as far as the reader uses them: Arm's FPGA
// images with a Cortex-M4 and, in its secure state, a Cortex-M33. UART 1 is the probe, UART 0 the
// console. The build says which board: IRMETER_BOARD is an386 or an505.
//
// All of their memory is RAM, and keeps nothing without power. The page is the file key.page of the
// host, in the folder qemu was started in, by semihosting. What is busy here is so for the
// processor that qemu imitates.
//
// Source of the addresses: Arm's application notes AN386 and AN505 and the CMSDK's technical
// reference manual.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>

#include "firmware/board.hpp"

extern "C" {
// By the linker script.
extern std::uint32_t data_from[], data_begin[], data_end[], bss_begin[], bss_end[], heap_begin[],
    stack_begin[], stack_end[];
extern void (*init_begin[])();
extern void (*init_end[])();
}
int main();

namespace irmeter::board {
namespace {

using Register = volatile std::uint32_t;

struct Uart {
  Register data, state, control, interrupt, divider;
  static constexpr std::uint32_t transmit_full = 1, receive_full = 2;                     // state
  static constexpr std::uint32_t transmits = 1, receives = 2, interrupts_on_receive = 8;  // control
  static constexpr std::uint32_t received = 2;  // interrupt
};
struct Timer {
  Register control, value, reload, interrupt;
  static constexpr std::uint32_t runs = 1, interrupts = 8;  // control
};

struct Board {
  std::uintptr_t timers;
  std::uintptr_t uarts;
  std::uint32_t clock_rate;       // Hz
  std::size_t console_interrupt;  // of a byte that has come
  std::size_t probe_interrupt;
  std::size_t alarm_interrupt;
};
constexpr Board an386{0x40000000, 0x40004000, 25'000'000, 0, 2, 9};
constexpr Board an505{0x50000000, 0x50200000, 20'000'000, 32, 34, 4};
constexpr Board this_board = IRMETER_BOARD;

// The first or the second of their kind.
Timer& timer(unsigned number) {
  return *reinterpret_cast<Timer*>(this_board.timers + number * 0x1000);
}
Uart& uart(unsigned number) {
  return *reinterpret_cast<Uart*>(this_board.uarts + number * 0x1000);
}
Timer& clock_timer() {
  return timer(0);
}
Timer& alarm_timer() {
  return timer(1);
}
Uart& console() {
  return uart(0);
}
Uart& probe() {
  return uart(1);
}
Register* const interrupts_enabled = reinterpret_cast<Register*>(0xE000E100);  // 32 in each
Register& coprocessors = *reinterpret_cast<Register*>(0xE000ED88);

constexpr std::uint32_t ticks_per_microsecond = this_board.clock_rate / 1'000'000;

// What came in, from the interrupt to receive().
std::array<volatile std::uint8_t, 128> ring;
volatile std::uint8_t ring_in = 0;
std::uint8_t ring_out = 0;
volatile bool retry = false;

std::uint64_t ticks = 0;
std::uint64_t ticks_asleep = 0;
std::size_t heap_used = 0;
std::uint32_t allocations = 0;

constexpr std::uint32_t untouched = 0xA5A5A5A5;

std::uint64_t count() {
  static std::uint32_t last = 0xFFFF'FFFF;  // it counts down
  const std::uint32_t value = clock_timer().value;
  ticks += last - value;
  last = value;
  return ticks;
}

void put(Uart& uart, std::uint8_t byte) {
  while ((uart.state & Uart::transmit_full) != 0) {
  }
  uart.data = byte;
}

// What the debugger of the host does for us.
enum Operation { open = 1, close = 2, write = 5, read = 6, rename = 15, exit = 24 };
int semihost(Operation operation, const void* arguments) {
  register int r0 asm("r0") = operation;
  register const void* r1 asm("r1") = arguments;
  asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

using Arguments = std::array<std::uintptr_t, 4>;
std::uintptr_t address(const char* text) {
  return reinterpret_cast<std::uintptr_t>(text);
}

constexpr std::string_view page_file = "key.page";
constexpr std::string_view new_page_file = "key.page.new";

// A file of the host that is open while this lives.
class File {
 public:
  enum Mode { to_read = 1, to_write = 5 };  // "rb", "wb"
  File(std::string_view name, Mode mode) {
    const Arguments arguments{address(name.data()), mode, name.size()};
    handle_ = semihost(open, &arguments);
  }
  ~File() { (void)finish(); }
  [[nodiscard]] bool is_open() const { return handle_ != -1; }
  // How many bytes of it could not be read or written.
  std::size_t transfer(Operation operation, const void* memory, std::size_t size) const {
    const Arguments arguments{static_cast<std::uintptr_t>(handle_),
                              reinterpret_cast<std::uintptr_t>(memory), size};
    return static_cast<std::size_t>(semihost(operation, &arguments));
  }
  bool finish() {
    const Arguments arguments{static_cast<std::uintptr_t>(handle_), 0, 0};
    const bool closed = is_open() && semihost(close, &arguments) == 0;
    handle_ = -1;
    return closed;
  }

 private:
  int handle_;
};

void on_probe() {
  probe().interrupt = Uart::received;
  while ((probe().state & Uart::receive_full) != 0) {
    const auto byte = static_cast<std::uint8_t>(probe().data);
    const auto next = static_cast<std::uint8_t>((ring_in + 1U) % ring.size());
    if (next != ring_out) {
      ring[ring_in] = byte;
      ring_in = next;
    }
  }
}

void on_console() {
  console().interrupt = Uart::received;
  retry = retry || console().data == 'r';
}

void on_alarm() {
  alarm_timer().control = 0;
  alarm_timer().interrupt = 1;
}

[[noreturn]] void on_fault() {
  halt("fault of the processor");
}

// The first code that runs.
[[noreturn]] void on_reset() {
  coprocessors = coprocessors | 0xFU << 20U;  // floating point
  std::copy(data_from, data_from + (data_end - data_begin), data_begin);
  std::fill(bss_begin, bss_end, 0);
  std::uint32_t* const here = static_cast<std::uint32_t*>(__builtin_frame_address(0)) - 16;
  std::fill(stack_begin, here, untouched);

  console().divider = this_board.clock_rate / 115'200;
  console().control = Uart::transmits | Uart::receives | Uart::interrupts_on_receive;
  probe().divider = this_board.clock_rate / 9'600;
  probe().control = Uart::transmits | Uart::receives | Uart::interrupts_on_receive;
  clock_timer().reload = 0xFFFF'FFFF;
  clock_timer().value = 0xFFFF'FFFF;
  clock_timer().control = Timer::runs;
  for (const std::size_t number :
       {this_board.console_interrupt, this_board.probe_interrupt, this_board.alarm_interrupt}) {
    interrupts_enabled[number / 32] = 1U << number % 32;
  }

  std::for_each(init_begin, init_end, [](void (*initialise)()) { initialise(); });
  main();
  halt("main() ended");
}

using Handler = void (*)();
struct Vectors {
  const void* stack;
  std::array<Handler, 15> processor;
  std::array<Handler, 36> board;
};
constexpr auto handlers() {
  decltype(Vectors::board) handlers{};
  handlers[this_board.console_interrupt] = on_console;
  handlers[this_board.probe_interrupt] = on_probe;
  handlers[this_board.alarm_interrupt] = on_alarm;
  return handlers;
}
extern "C" const Vectors vectors;
[[gnu::section(".vectors"), gnu::used]] constinit const Vectors vectors{
    stack_end,
    {on_reset, on_fault, on_fault, on_fault, on_fault, on_fault},
    handlers(),
};

}  // namespace

Instant now() {
  return Instant(Duration(static_cast<std::int64_t>(count() / ticks_per_microsecond)));
}

void sleep_until(std::optional<Instant> wake_up, std::size_t bytes) {
  constexpr Duration longest = std::chrono::minutes(1);
  const std::size_t enough = std::clamp<std::size_t>(bytes, 1, ring.size() / 2);
  for (bool slept = true; slept;) {
    const Duration left = wake_up ? std::min(*wake_up - now(), longest) : longest;
    asm volatile("cpsid i");
    slept = left > Duration{} && (ring_in - ring_out) % ring.size() < enough && !retry;
    if (slept) {
      alarm_timer().value = static_cast<std::uint32_t>(left.count()) * ticks_per_microsecond;
      alarm_timer().control = Timer::runs | Timer::interrupts;
      const std::uint64_t before = count();
      asm volatile("wfi");
      ticks_asleep += count() - before;
      alarm_timer().control = 0;
    }
    asm volatile("cpsie i");
  }
}

ByteView receive(std::span<std::uint8_t> buffer) {
  std::size_t size = 0;
  while (size < buffer.size() && ring_out != ring_in) {
    buffer[size++] = ring[ring_out];
    ring_out = static_cast<std::uint8_t>((ring_out + 1U) % ring.size());
  }
  return buffer.first(size);
}

void transmit(ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    put(probe(), byte);
  }
}

void print(std::string_view text) {
  for (const char c : text) {
    put(console(), static_cast<std::uint8_t>(c));
  }
}

bool retry_wanted() {
  const bool wanted = retry;
  retry = false;
  return wanted;
}

std::size_t load(std::span<std::uint8_t> page) {
  const File file(page_file, File::to_read);
  return file.is_open() ? page.size() - file.transfer(read, page.data(), page.size()) : 0;
}

// Beside the old page, which is there until the new one is whole.
bool save(ByteView page) {
  File file(new_page_file, File::to_write);
  const Arguments names{address(new_page_file.data()), new_page_file.size(),
                        address(page_file.data()), page_file.size()};
  return file.is_open() && file.transfer(write, page.data(), page.size()) == 0 && file.finish() &&
         semihost(rename, names.data()) == 0;
}

Usage usage() {
  const auto* const touched =
      std::find_if(stack_begin, stack_end, [](std::uint32_t word) { return word != untouched; });
  return {heap_used, static_cast<std::size_t>(stack_end - touched) * sizeof(std::uint32_t),
          allocations,
          Duration(static_cast<std::int64_t>((count() - ticks_asleep) / ticks_per_microsecond))};
}

void halt(std::string_view why) {
  print("halt ");
  print(why);
  print("\n");
  const std::array<std::uintptr_t, 2> arguments{0x20026, 1};  // an application ends
  (void)semihost(exit, arguments.data());
  for (;;) {
  }
}

}  // namespace irmeter::board

// What the C library and the compiler expect of a system. Those of the library that move bytes are
// faster, and need a kilobyte more.
extern "C" {
#pragma GCC push_options
#pragma GCC optimize("no-tree-loop-distribute-patterns")  // which would call what is made here
void* memcpy(void* to, const void* from, std::size_t size) {
  auto* out = static_cast<char*>(to);
  for (const auto* in = static_cast<const char*>(from); size > 0; --size) {
    *out++ = *in++;
  }
  return to;
}
void* memmove(void* to, const void* from, std::size_t size) {
  if (to < from) {
    return memcpy(to, from, size);
  }
  for (; size > 0; --size) {
    static_cast<char*>(to)[size - 1] = static_cast<const char*>(from)[size - 1];
  }
  return to;
}
void* memset(void* to, int value, std::size_t size) {
  for (; size > 0; --size) {
    static_cast<char*>(to)[size - 1] = static_cast<char>(value);
  }
  return to;
}
std::size_t strlen(const char* text) {
  const char* end = text;
  while (*end != 0) {
    ++end;
  }
  return static_cast<std::size_t>(end - text);
}
#pragma GCC pop_options

void* _sbrk(std::ptrdiff_t size) {
  using namespace irmeter::board;
  auto* const end = reinterpret_cast<char*>(heap_begin) + heap_used;
  if (end + size > reinterpret_cast<char*>(stack_begin)) {
    halt("no memory");
  }
  heap_used += static_cast<std::size_t>(size);
  return end;
}
[[noreturn]] void abort() {
  irmeter::board::halt("a value that is not there");
}
}
void* operator new(std::size_t size) {
  ++irmeter::board::allocations;
  return std::malloc(size);
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
namespace std {
void __throw_length_error(const char*) {
  irmeter::board::halt("length error");
}
void __throw_logic_error(const char*) {
  irmeter::board::halt("logic error");
}
void __throw_out_of_range_fmt(const char*, ...) {
  irmeter::board::halt("out of range");
}
void __throw_bad_alloc() {
  irmeter::board::halt("no memory");
}
void __throw_bad_array_new_length() {
  irmeter::board::halt("no memory");
}
}  // namespace std
