#pragma once

#include "common/config/settings.h"

#include <string>
#include <vector>

namespace evd::supervisor {

// One step in making a program's own view of the file system.
struct ViewStep {
    enum class Kind { Hide, Show } kind;
    std::string path;
};

// The view of the store, which alone may connect, and must not find anybody to connect to but the
// listener of its notices: the folders in which sockets lie are empty, save for its own stores and
// that one socket. Steps in their order: what is shown may lie in what was hidden, and again hide
// something in itself. Pure but for a look at whether a store path names a folder.
std::vector<ViewStep> storeView(const config::Settings& settings);

// Takes the steps, in a mount namespace of our own, between fork and exec: nothing but system
// calls. What is to be hidden and is not there is left out; false when anything else fails.
bool takeView(const std::vector<ViewStep>& steps);

}  // namespace evd::supervisor
