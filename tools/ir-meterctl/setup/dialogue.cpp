#include "tools/ir-meterctl/setup/dialogue.hpp"

#include <algorithm>

#include "common/files.hpp"

namespace irmeterctl {
namespace {

using irmeterd::Secret;

// A clause as a sentence of its own.
std::string sentence(std::string clause) {
  const char first = clause.empty() ? '\0' : clause.front();
  if (first >= 'a' && first <= 'z') {
    clause.front() = static_cast<char>(first - 'a' + 'A');
  }
  return clause + ".";
}

// In lines of 79 columns that begin as the first one does.
std::string in_lines(const std::string& text) {
  return in_columns(text, 79, std::string(std::min(text.find_first_not_of(' '), text.size()), ' '));
}

}  // namespace

void Dialogue::say(const std::string& text) {
  Terminal::print(in_lines(text) + "\n");
}

void Dialogue::again(const Advice& wrong) const {
  if (!asks_) {
    throw Ended{wrong};
  }
  say("  " + sentence(wrong.what) + (wrong.cure.empty() ? "" : " Cure: " + wrong.cure + "."));
}

std::string Dialogue::ask(const std::string& question, const std::string& proposal) {
  if (!asks_ && !terminal_.told_to_end()) {
    return proposal;
  }
  const auto answer =
      asks_ ? terminal_.line(in_lines(question + (proposal.empty() ? "" : " [" + proposal + "]")) +
                             ": ")
            : std::nullopt;
  if (!answer) {
    throw Ended{{"nothing was changed", ""}};
  }
  const std::size_t begin = answer->find_first_not_of(" \t");
  return begin == std::string::npos
             ? proposal
             : answer->substr(begin, answer->find_last_not_of(" \t") - begin + 1);
}

bool Dialogue::ask_yes(const std::string& question, bool proposal) {
  for (;;) {
    const std::string answer = ask(question + " (y/n)", proposal ? "y" : "n");
    if (answer == "y" || answer == "yes" || answer == "n" || answer == "no") {
      return answer.front() == 'y';
    }
  }
}

Secret Dialogue::ask_secret(std::string_view prompt, const SecretKind& kind, bool twice) {
  for (;;) {
    const auto secret = terminal_.hidden(prompt);
    if (!secret) {
      throw Ended{{secret.error().what, ""}};
    }
    if (secret->empty()) {
      return {};
    }
    if (const auto fault = kind.why_not(secret->reveal())) {
      say("  " + sentence(*fault));
      continue;
    }
    const auto odd = what_is_odd(kind, secret->reveal());
    if (odd && !ask_yes("  " + sentence(*odd) + " Is that right?", false)) {
      continue;
    }
    const auto second = twice ? terminal_.hidden("  The same again: ") : secret;
    if (!second) {
      throw Ended{{second.error().what, ""}};
    }
    if (*second == *secret) {
      return *secret;
    }
    say("  The two are not the same.");
  }
}

Secret given_secret(const std::string& path, const SecretKind& kind) {
  Secret secret;
  if (path == "-") {
    secret = rest_of_input();
  } else if (auto text = irmeterd::read_secret(path, 4096)) {
    secret = *text;
  } else {
    // Without the path, which may be the secret itself.
    throw Ended{{"the file with the " + std::string(kind.what) + " " + text.error().what,
                 "name one that can be read"}};
  }
  if (const auto fault = kind.why_not(secret.reveal())) {
    throw Ended{{*fault, "nothing was changed"}};
  }
  if (const auto odd = what_is_odd(kind, secret.reveal())) {
    print_error("careful: " + *odd);
  }
  return secret;
}

}  // namespace irmeterctl
