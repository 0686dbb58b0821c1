#pragma once

#include "common/base/result.h"
#include "common/config/settings.h"

#include <sys/types.h>
#include <string>
#include <vector>

namespace evd::supervisor {

struct FolderSpec {
    std::string path;
    mode_t mode = 0;  // for the last component, when it has to be made
};

// The folder that a store path means: itself when it is one, else the one it lies in (Ruling S7).
std::string storeFolder(const std::string& path);

// The folders of the three stores, each once. Pure but for a look at whether a store path names a
// folder (Ruling S7).
std::vector<std::string> storeFolders(const config::Settings& settings);

// The folders that the group needs before it can start: one for each store, one for each socket.
// A store path that ends in a slash or names a folder is the folder itself (Ruling S7). Pure but
// for that look at the path.
std::vector<FolderSpec> foldersOf(const config::Settings& settings);

// Makes those that are not there, parents included. What exists keeps its mode and its owner.
base::Result<void> makeFolders(const std::vector<FolderSpec>& folders);

}  // namespace evd::supervisor
