#pragma once

#include "common/base/result.h"

#include <span>
#include <string>
#include <vector>

namespace evd::supervisor {

// What the command line asks for (contracts §2).
struct Options {
    std::vector<std::string> registry_paths;
    std::string state_folder;
    bool check = false;
    bool version = false;
    bool help = false;
};

// Reads the arguments after the program's name. Invalid, with a sentence for stderr, for anything
// that contracts §2 does not name; the process then exits with 2. Options may be written as
// `--state DIR` or `--state=DIR`. Pure.
base::Result<Options> parseOptions(std::span<const char* const> arguments);

std::string helpText();

}  // namespace evd::supervisor
