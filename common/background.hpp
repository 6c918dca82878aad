// Calls that block, made beside the loop, so that meters are read and signals are heard meanwhile.
//
// Each call has a thread that does nothing else and is never waited for: a bus that hangs or a name
// server that does not answer may keep it for minutes.
#pragma once

#include <sys/epoll.h>

#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/loop.hpp"
#include "common/mailbox.hpp"

namespace irmeterd {

// Runs work on a thread of its own, which takes no signals. The future does not wait when it is
// destroyed. Throws std::system_error where no thread is to be had.
template <typename Work>
std::future<std::invoke_result_t<Work&>> run_in_background(Work work) {
  std::packaged_task<std::invoke_result_t<Work&>()> task(std::move(work));
  auto result = task.get_future();
  std::thread([task = std::move(task)]() mutable {
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, nullptr);
    task();
  }).detach();
  return result;
}

// Throws std::system_error where two threads are not to be had at once: for a library that starts
// them by itself and waits for ever for one that did not start.
inline void check_for_two_threads() {
  std::promise<void> end;  // also by an exception: the threads see that it is gone
  const auto idle = [ended = end.get_future().share()] { ended.wait(); };
  const auto first = run_in_background(idle);
  const auto second = run_in_background(idle);
  end.set_value();
  first.wait();
  second.wait();
}

// A call whose result comes back through the loop.
template <typename Result>
class Background {
 public:
  using Done = std::function<void(Result)>;

  // work must not throw. done is called once, from the loop, and may destroy this. Destroying it
  // earlier gives up; the thread ends by itself. Throws std::system_error when there are no
  // resources for one.
  template <typename Work>
  Background(Loop& loop, Work work, Done done)
      : mailbox_(std::make_shared<Mailbox<Result>>()),
        done_(std::move(done)),
        mail_(loop.io(mailbox_->fd(), EPOLLIN, [this](std::uint32_t) { take(); })) {
    (void)run_in_background(
        [mailbox = mailbox_, work = std::move(work)] { mailbox->post(work()); });
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  void take() {
    std::vector<Result> results = mailbox_->take();
    if (!results.empty()) {
      mail_.reset();
      const Done done = std::move(done_);
      done(std::move(results.front()));
    }
  }

  std::shared_ptr<Mailbox<Result>> mailbox_;  // shared with the thread
  Done done_;
  EventSource mail_;
};

}  // namespace irmeterd
