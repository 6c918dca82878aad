// First in, first out, in memory that is kept: whoever empties the queue after each input asks for
// none any more.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace irmeter {

template <typename T>
class Queue {
 public:
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  template <typename Item>
  void push(Item&& item) {
    items_.emplace_back(std::forward<Item>(item));
  }
  // The next one, or nothing.
  [[nodiscard]] std::optional<T> pop() {
    if (empty()) {
      return std::nullopt;
    }
    std::optional<T> next(std::move(items_[head_]));
    if (++head_ == items_.size()) {
      clear();
    }
    return next;
  }
  void clear() {
    items_.clear();
    head_ = 0;
  }
  // Leaves out what the predicate is true of.
  template <typename Predicate>
  void remove_if(const Predicate& predicate) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    std::erase_if(items_, predicate);
  }

 private:
  std::vector<T> items_;
  std::size_t head_ = 0;  // what lies before it was taken
};

}  // namespace irmeter
