#pragma once

#include "common/db/store_files.h"

#include <filesystem>
#include <string>
#include <vector>

namespace evd::test {

// The paths of the databases in a folder that were put aside (Ruling S6), without their logs.
inline std::vector<std::string> databasesPutAside(const std::string& folder) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (db::isQuarantined(entry.path().filename().string()) &&
            entry.path().extension() == ".db") {
            found.push_back(entry.path().string());
        }
    }
    return found;
}

}  // namespace evd::test
