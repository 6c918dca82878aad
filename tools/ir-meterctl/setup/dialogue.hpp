// The person who sets up: questions, answers, and what is said in between. Where nobody is asked,
// each proposal is the answer, and what is wrong is the end. A signal that would end the process
// waits for the next question, and takes effect when this ends: what has to be put right by then is
// put right by what ends before.
#pragma once

#include <string>
#include <string_view>

#include "tools/ir-meterctl/output.hpp"
#include "tools/ir-meterctl/terminal.hpp"

namespace irmeterctl {

// The end before anything was written, and why.
struct Ended {
  Advice why;
};

class Dialogue {
 public:
  // asks: at the terminal.
  explicit Dialogue(bool asks) : asks_(asks) {}

  [[nodiscard]] bool asks() const { return asks_; }

  // In lines of 79 columns that begin as the first one does.
  static void say(const std::string& text);
  // What is wrong with an answer, before it is asked for again. Throws Ended where nobody is asked.
  void again(const Advice& wrong) const;
  // These throw Ended where input ends or a signal has come.
  [[nodiscard]] std::string ask(const std::string& question, const std::string& proposal);
  [[nodiscard]] bool ask_yes(const std::string& question, bool proposal);
  // Only where somebody is asked. Empty where nothing was typed in.
  [[nodiscard]] irmeterd::Secret ask_secret(std::string_view prompt, const SecretKind& kind,
                                            bool twice);

 private:
  Terminal terminal_;
  bool asks_;
};

// From a file, or "-" for standard input. Throws Ended.
[[nodiscard]] irmeterd::Secret given_secret(const std::string& path, const SecretKind& kind);

}  // namespace irmeterctl
