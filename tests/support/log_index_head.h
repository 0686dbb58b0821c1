#pragma once

#include "common/base/check.h"
#include "tests/support/text_file.h"

#include <fstream>
#include <string>

namespace evd::test {

// The head of the index (-shm) of a database's log: how far the log goes, twice, and how much of it
// was moved. Put back to what it was before a commit, it is what a writer leaves that dies when the
// commit is in the log and not yet in the index.
inline std::string logIndexHeadOf(const std::string& path) {
    constexpr size_t kHeadBytes = 136;
    return readTextFile(path + "-shm").substr(0, kHeadBytes);
}

inline void setLogIndexHead(const std::string& path, const std::string& head) {
    std::fstream file(path + "-shm", std::ios::binary | std::ios::in | std::ios::out);
    file.write(head.data(), static_cast<std::streamsize>(head.size()));
    EVD_CHECK(static_cast<bool>(file.flush()), "the index of a log could not be written");
}

}  // namespace evd::test
