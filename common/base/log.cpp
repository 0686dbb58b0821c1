#include "common/base/log.h"

#include "common/base/text.h"

#include <unistd.h>

namespace evd::base {

namespace {

// The one process-wide name: set before threads exist, read-only afterwards.
std::string_view& logName() {
    static std::string_view name = "eventd";
    return name;
}

void writeLine(std::string_view level, std::string_view text) {
    const std::string line = cat(logName(), ": ", level, text, "\n");
    // A closed or full stderr must not stop the process: there is nobody left to tell.
    (void)!::write(STDERR_FILENO, line.data(), line.size());
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
