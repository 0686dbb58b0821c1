#pragma once

#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/socket_search.h"

#include <cstddef>
#include <string>

namespace evd::evctl {

// What the process's own ends are connected to.
bool isTerminal(int fd);
size_t terminalColumns(int fd);  // 0 when there is none
size_t terminalRows(int fd);
// Whether the locale (setlocale has been called) has more than ASCII.
bool isUnicodeLocale();

// NO_COLOR is a convention of many programs: colours only for who asks for them. TERM=dumb cannot.
void settleColor(Arguments& arguments, const Environment& environment);

// One line on standard error, whatever the text holds. A person is also shown the place in the
// question that the text speaks of.
void complain(const std::string& text, const std::string& question = {});

}  // namespace evd::evctl
