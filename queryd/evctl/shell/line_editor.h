#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

inline constexpr int kHistoryEntriesMax = 2'000;

// What may stand instead of the word at the cursor.
struct Candidates {
    size_t word_bytes = 0;  // of the text before the cursor that they replace
    std::vector<std::string> texts;
};

// One line of a person at the terminal, with editing, history and completion, by libedit.
//
// Keys are those of emacs unless the person's ~/.editrc says otherwise. Tab asks `complete` with
// the text before the cursor: one candidate is put in, of several what they have in common, and a
// second Tab shows them. The history is read from a file at the start and written at the end; a
// file that cannot be read or written is none. One thread, one at a time: it owns the terminal
// while a line is read.
class LineEditor {
  public:
    using Complete = std::function<Candidates(std::string_view before)>;
    enum class End { Line, Interrupted, Closed };

    LineEditor(std::string history_path, Complete complete);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    // Shows the prompt and reads a line, without its end.
    End read(std::string_view prompt, std::string& line);
    // Puts an entry at the end of the history, unless it is the last one already.
    void remember(const std::string& entry);

  private:
    struct Libedit;
    std::unique_ptr<Libedit> libedit_;
};

}  // namespace evd::evctl
