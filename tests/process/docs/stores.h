#pragma once

#include <cstdint>
#include <string>

namespace evd::test {

// Fills the state folder of a group that is yet to be started with the rows of a file in the form
// of tests/query/case_file.h, moved in time so that second 0 of the file is `first_ns`; 0 leaves
// them where they are. Returns what is wrong with the file, or nothing.
std::string makeStores(const std::string& state_folder, const std::string& rows_file,
                       int64_t first_ns);

}  // namespace evd::test
