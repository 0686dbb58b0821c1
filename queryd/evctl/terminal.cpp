#include "queryd/evctl/terminal.h"

#include "common/base/text.h"
#include "queryd/evctl/error_caret.h"
#include "queryd/evctl/output/plain_text.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace evd::evctl {

bool isTerminal(int fd) {
    return ::isatty(fd) == 1;
}

size_t terminalColumns(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

size_t terminalRows(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

bool isUnicodeLocale() {
    return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

void settleColor(Arguments& arguments, const Environment& environment) {
    const bool is_unwanted = environment("NO_COLOR") || environment("TERM") == "dumb";
    arguments.color = arguments.color == "auto" && is_unwanted ? "never" : arguments.color;
}

void complain(const std::string& text, const std::string& question) {
    std::string line = base::cat("evctl: ", printable(text), '\n');
    if (isTerminal(STDERR_FILENO)) {
        line += caretLines(question, text, terminalColumns(STDERR_FILENO));
    }
    (void)!::write(STDERR_FILENO, line.data(), line.size());  // nowhere left to complain
}

}  // namespace evd::evctl
