#include "daemon/sinks/bus/opening.hpp"

#include <sys/epoll.h>

#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace irmeterd::bus {

Opening::Opening(Loop& loop, Bus kind, Done done)
    : mailbox_(std::make_shared<Mailbox<Opened>>()),
      done_(std::move(done)),
      mail_(loop.io(mailbox_->fd(), EPOLLIN, [this](std::uint32_t) { take(); })) {
  std::thread([mailbox = mailbox_, kind] {
    try {
      mailbox->post({open(kind), {}});
    } catch (const std::exception& error) {
      mailbox->post({nullptr, error.what()});
    }
  }).detach();
}

void Opening::take() {
  std::vector<Opened> results = mailbox_->take();
  if (!results.empty()) {
    mail_.reset();
    const Done done = std::move(done_);
    done(std::move(results.front()));
  }
}

}  // namespace irmeterd::bus
