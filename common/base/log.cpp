#include "common/base/log.h"

#include <sys/uio.h>
#include <unistd.h>
#include <array>

namespace evd::base {

namespace {

// The one process-wide name: set before threads exist, read-only afterwards.
std::string_view& logName() {
    static std::string_view name = "eventd";
    return name;
}

iovec piece(std::string_view text) {
    return {const_cast<char*>(text.data()), text.size()};  // writev only reads
}

// Without memory of its own: one line tells that there is none.
void writeLine(std::string_view level, std::string_view text) {
    const std::array pieces{piece(logName()), piece(": "), piece(level), piece(text), piece("\n")};
    // A closed or full stderr must not stop the process: there is nobody left to tell.
    (void)!::writev(STDERR_FILENO, pieces.data(), pieces.size());
}

}  // namespace

void logInfo(std::string_view text) {
    writeLine("", text);
}
void logWarning(std::string_view text) {
    writeLine("warning: ", text);
}
void logError(std::string_view text) {
    writeLine("error: ", text);
}
void setLogName(std::string_view program) {
    logName() = program;
}

}  // namespace evd::base
