// The only place that knows libedit. It speaks C: callbacks find their way back to us by the client
// data that it keeps. An interrupt ends its read with EINTR, because our handler, which does
// nothing, is set without SA_RESTART; so a Ctrl-C gives up the line and not the program.

#include "queryd/evctl/shell/line_editor.h"

#include "common/base/text.h"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>

namespace evd::evctl {

namespace {

constexpr size_t kShownMax = 200;  // candidates; more are a page nobody reads

// What all of them begin with.
std::string commonBeginning(const std::vector<std::string>& texts) {
    std::string common = texts.front();
    for (const std::string& text : texts) {
        const auto differ = std::mismatch(common.begin(), common.end(), text.begin(), text.end());
        common.erase(differ.first, common.end());
    }
    common.resize(base::wholeCharacters(common, common.size()));
    return common;
}

// As libedit counts them: it holds the line in wide characters.
int charactersOf(const std::string& text) {
    const size_t count = std::mbstowcs(nullptr, text.c_str(), 0);
    return static_cast<int>(count == static_cast<size_t>(-1) ? text.size() : count);
}

}  // namespace

struct LineEditor::Libedit {
    EditLine* line = nullptr;
    History* history = nullptr;
    HistEvent event{};
    std::string prompt;
    std::string history_path;
    std::string last_entry;
    std::string asked_before;  // the text at the last Tab; the second one shows the candidates
    Complete complete;

    static Libedit* of(EditLine* line) {
        void* self = nullptr;
        (void)::el_get(line, EL_CLIENTDATA, &self);
        return static_cast<Libedit*>(self);
    }
    static char* promptOf(EditLine* line) { return of(line)->prompt.data(); }
    static unsigned char tab(EditLine* line, wint_t) { return of(line)->completeNow(); }

    unsigned char completeNow() {
        const LineInfo* typed = ::el_line(line);
        const std::string before(typed->buffer, typed->cursor);
        const Candidates found = complete(before);
        if (found.texts.empty()) {
            return CC_REFRESH_BEEP;
        }
        std::string common = commonBeginning(found.texts);
        if (found.texts.size() == 1) {
            common += ' ';
        }
        const std::string typed_word = before.substr(before.size() - found.word_bytes);
        if (common.size() > typed_word.size() || found.texts.size() == 1) {
            ::el_deletestr(line, charactersOf(typed_word));
            (void)::el_insertstr(line, common.c_str());
            asked_before.clear();
            return CC_REFRESH;
        }
        if (asked_before != before) {
            asked_before = before;
            return CC_REFRESH_BEEP;
        }
        show(found.texts);
        return CC_REDISPLAY;
    }

    void show(const std::vector<std::string>& texts) const {
        std::string out = "\n";
        for (size_t i = 0; i < std::min(texts.size(), kShownMax); ++i) {
            out += base::cat(i == 0 ? "" : "  ", texts[i]);
        }
        out += texts.size() > kShownMax ? "  ...\n" : "\n";
        (void)!::write(STDOUT_FILENO, out.data(), out.size());  // it is only help
    }
};

LineEditor::LineEditor(std::string history_path, Complete complete)
    : libedit_(std::make_unique<Libedit>()) {
    libedit_->history_path = std::move(history_path);
    libedit_->complete = std::move(complete);
    libedit_->history = ::history_init();
    (void)::history(libedit_->history, &libedit_->event, H_SETSIZE, kHistoryEntriesMax);
    if (!libedit_->history_path.empty()) {
        (void)::history(libedit_->history, &libedit_->event, H_LOAD,
                        libedit_->history_path.c_str());
    }
    libedit_->line = ::el_init("evctl", stdin, stdout, stderr);
    EditLine* const line = libedit_->line;
    (void)::el_set(line, EL_CLIENTDATA, libedit_.get());
    (void)::el_set(line, EL_PROMPT, &Libedit::promptOf);
    (void)::el_set(line, EL_EDITOR, "emacs");
    (void)::el_set(line, EL_HIST, &::history, libedit_->history);
    // The wide one keeps the texts where they are; the other keeps copies that it never frees.
    (void)::el_wset(line, EL_ADDFN, L"evctl-complete", L"complete a word", &Libedit::tab);
    (void)::el_set(line, EL_BIND, "^I", "evctl-complete", nullptr);
    (void)::el_set(line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    (void)::el_source(line, nullptr);
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    (void)::sigaction(SIGINT, &nothing, nullptr);
}

LineEditor::~LineEditor() {
    if (!libedit_->history_path.empty()) {
        const mode_t before = ::umask(0077);  // questions may hold names
        (void)::history(libedit_->history, &libedit_->event, H_SAVE,
                        libedit_->history_path.c_str());
        (void)::umask(before);
    }
    ::el_end(libedit_->line);
    ::history_end(libedit_->history);
}

LineEditor::End LineEditor::read(std::string_view prompt, std::string& line) {
    libedit_->prompt = prompt;
    libedit_->asked_before.clear();
    int bytes = 0;
    errno = 0;
    const char* typed = ::el_gets(libedit_->line, &bytes);
    if (typed == nullptr || bytes <= 0) {
        const bool is_interrupted = errno == EINTR;
        if (is_interrupted) {
            ::el_reset(libedit_->line);
        }
        return is_interrupted ? End::Interrupted : End::Closed;
    }
    line.assign(typed, static_cast<size_t>(bytes));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
        line.pop_back();
    }
    return End::Line;
}

void LineEditor::remember(const std::string& entry) {
    if (entry.empty() || entry == libedit_->last_entry) {
        return;
    }
    libedit_->last_entry = entry;
    (void)::history(libedit_->history, &libedit_->event, H_ENTER, entry.c_str());
}

}  // namespace evd::evctl
