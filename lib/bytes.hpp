// Bytes in a row, with room for the longest message of a meter before any memory is asked for.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

namespace irmeter {

using ByteView = std::span<const std::uint8_t>;

// Overwrites memory that held a secret, in a way the compiler does not leave out.
inline void wipe(void* memory, std::size_t size) {
  auto* byte = static_cast<volatile std::uint8_t*>(memory);
  for (std::size_t i = 0; i < size; ++i) {
    byte[i] = 0;
  }
}

// Used like a std::vector. Up to inline_capacity bytes lie in the object itself; beyond that they
// are on the heap, and stay there. What was moved from, or lay in the object before it grew, is
// wiped: it may have been a key.
class Bytes {
 public:
  // Two packets of 64 bytes, which is all that a reader agrees to.
  static constexpr std::size_t inline_capacity = 128;

  using value_type = std::uint8_t;
  using difference_type = std::ptrdiff_t;
  using const_reference = const std::uint8_t&;
  using iterator = std::uint8_t*;
  using const_iterator = const std::uint8_t*;

  Bytes() = default;
  Bytes(std::initializer_list<std::uint8_t> bytes) : Bytes(bytes.begin(), bytes.end()) {}
  explicit Bytes(std::size_t count, std::uint8_t value = 0) { resize(count, value); }
  template <std::forward_iterator Iterator>
  Bytes(Iterator first, Iterator last) {
    append(first, last);
  }
  Bytes(const Bytes& other) : Bytes(other.begin(), other.end()) {}
  Bytes(Bytes&& other) noexcept { take(other); }
  Bytes& operator=(const Bytes& other) {
    if (this != &other) {
      assign(other.begin(), other.end());
    }
    return *this;
  }
  Bytes& operator=(Bytes&& other) noexcept {
    if (this != &other) {
      take(other);
    }
    return *this;
  }
  ~Bytes() = default;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint8_t* data() { return heap_ ? heap_.get() : inline_.data(); }
  [[nodiscard]] const std::uint8_t* data() const { return heap_ ? heap_.get() : inline_.data(); }
  [[nodiscard]] iterator begin() { return data(); }
  [[nodiscard]] iterator end() { return data() + size_; }
  [[nodiscard]] const_iterator begin() const { return data(); }
  [[nodiscard]] const_iterator end() const { return data() + size_; }
  [[nodiscard]] std::uint8_t& operator[](std::size_t at) { return data()[at]; }
  [[nodiscard]] const std::uint8_t& operator[](std::size_t at) const { return data()[at]; }
  [[nodiscard]] std::uint8_t& front() { return data()[0]; }
  [[nodiscard]] const std::uint8_t& front() const { return data()[0]; }
  [[nodiscard]] std::uint8_t& back() { return data()[size_ - 1]; }
  [[nodiscard]] const std::uint8_t& back() const { return data()[size_ - 1]; }

  void clear() { size_ = 0; }
  void push_back(std::uint8_t byte) {
    reserve(size_ + 1);
    data()[size_++] = byte;
  }
  void pop_back() { --size_; }
  void resize(std::size_t size, std::uint8_t value = 0) {
    reserve(size);
    std::fill(end(), std::max(end(), data() + size), value);
    size_ = size;
  }
  void assign(std::size_t count, std::uint8_t value) {
    clear();
    resize(count, value);
  }
  template <std::forward_iterator Iterator>
  void assign(Iterator first, Iterator last) {
    clear();
    append(first, last);
  }
  // Both ends of the range are outside of these bytes.
  template <std::forward_iterator Iterator>
  iterator insert(const_iterator before, Iterator first, Iterator last) {
    const auto at = before - begin();
    const auto old_end = static_cast<std::ptrdiff_t>(size_);
    append(first, last);
    std::rotate(begin() + at, begin() + old_end, end());
    return begin() + at;
  }
  iterator insert(const_iterator before, std::initializer_list<std::uint8_t> bytes) {
    return insert(before, bytes.begin(), bytes.end());
  }
  iterator insert(const_iterator before, std::uint8_t byte) { return insert(before, {byte}); }
  iterator insert(const_iterator before, std::size_t count, std::uint8_t value) {
    const Bytes bytes(count, value);
    return insert(before, bytes.begin(), bytes.end());
  }
  iterator erase(const_iterator first, const_iterator last) {
    const auto at = first - begin();
    std::move(begin() + (last - begin()), end(), begin() + at);
    size_ -= static_cast<std::size_t>(last - first);
    return begin() + at;
  }
  iterator erase(const_iterator at) { return erase(at, at + 1); }

  void reserve(std::size_t size) {
    if (size > capacity_) {
      capacity_ = std::max(size, 2 * capacity_);
      auto larger = std::make_unique<std::uint8_t[]>(capacity_);
      std::copy(begin(), end(), larger.get());
      irmeter::wipe(data(), size_);
      heap_ = std::move(larger);
    }
  }
  // Overwrites what there is, and forgets it.
  void wipe() {
    irmeter::wipe(data(), size_);
    clear();
  }

  friend bool operator==(const Bytes& one, const Bytes& other) {
    return std::ranges::equal(one, other);
  }

 private:
  template <typename Iterator>
  void append(Iterator first, Iterator last) {
    const auto count = static_cast<std::size_t>(std::distance(first, last));
    reserve(size_ + count);
    std::copy(first, last, end());
    size_ += count;
  }
  void take(Bytes& other) noexcept {
    if (other.heap_) {
      heap_ = std::move(other.heap_);
      capacity_ = std::exchange(other.capacity_, inline_capacity);
      size_ = std::exchange(other.size_, 0);
    } else if (heap_) {
      assign(other.begin(), other.end());
      other.wipe();
    } else {
      inline_ = other.inline_;
      size_ = other.size_;
      other.wipe();
    }
  }

  std::size_t size_ = 0;
  std::size_t capacity_ = inline_capacity;
  std::unique_ptr<std::uint8_t[]> heap_;
  std::array<std::uint8_t, inline_capacity> inline_{};
};

}  // namespace irmeter
