#pragma once

#include "common/config/registry.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::config {

inline constexpr size_t kRegistryFileBytesMax = size_t{1} << 20;
inline constexpr size_t kRegistryFileValuesMax = 10'000;
inline constexpr size_t kShownDepthMax = 16;  // wrong data that nests deeper is not shown

// What one registry file says.
struct RegistryFile {
    std::vector<RegistryValue> values;  // in file order, only those below kRegistryRoot
    std::vector<Problem> problems;
};

// Reads the text of one registry file (contracts §3).
//
//    { "_comment": any,                                     // comments are allowed
//      "keys": [ { "path": "Machine\\System\\eventd",
//                  "values": [ { "name": "MaxBatchSize", "type": "dword", "data": 500 } ] } ] }
//
// Nothing when the file as a whole is unusable (no JSON, no list of keys, too large): the problem
// then names line and column, and the caller keeps the previous good contents. A single bad key or
// value is left out, with a problem of its own, and the rest is used. Keys outside kRegistryRoot
// are checked for shape only. Pure; never throws; any thread.
std::optional<RegistryFile> parseRegistryFile(std::string_view text, const std::string& source,
                                              std::vector<Problem>& problems);

// Backslashes for slashes, ASCII letters folded, empty components removed.
std::string foldRegistryName(std::string_view name);
// Whether a name below kRegistryRoot, with backslashes, is one of descriptors.
bool isBelowSecurity(std::string_view name);

}  // namespace evd::config
