#pragma once

#include "tests/bench/question_data.h"

#include <optional>
#include <string>
#include <string_view>

namespace evd::bench {

// The events of the bench in a journal, and journalctl to ask it: what people use today.
//
// systemd-journal-remote makes the journal of them in the folder of the data, where it is kept.
// journalctl answers as a process that ends: its start is in every figure, and ours is asked in
// this process; the figure of an empty answer tells how much that is. It prints messages alone, the
// least that it can. Lives as long as the bench.
class JournalPeer {
  public:
    // Nothing when Debian's package is not there, or when the data is more than a journal of it is
    // made in a minute or two; that is then said.
    static std::optional<JournalPeer> of(const QuestionData& data);

    // The quickest of several runs, in milliseconds, of journalctl with these arguments and what
    // stands behind them for the shell.
    double quickestMs(int runs, std::string_view arguments) const;

  private:
    explicit JournalPeer(std::string folder) : folder_(std::move(folder)) {}

    std::string folder_;
};

}  // namespace evd::bench
