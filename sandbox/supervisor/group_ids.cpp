#include "sandbox/supervisor/group_ids.h"

#include <grp.h>
#include <cerrno>
#include <cstddef>

namespace evd::supervisor {

namespace {

constexpr size_t kEntryBytes = 4096;
constexpr size_t kEntryBytesMax = size_t{1} << 20;  // a group with very many members

}  // namespace

std::vector<gid_t> groupIds(const std::vector<std::string>& names) {
    std::vector<gid_t> ids;
    std::vector<char> entry(kEntryBytes);
    for (const auto& name : names) {
        group found{};
        group* result = nullptr;
        int outcome = 0;
        while ((outcome = ::getgrnam_r(name.c_str(), &found, entry.data(), entry.size(),
                                       &result)) == ERANGE &&
               entry.size() < kEntryBytesMax) {
            entry.resize(entry.size() * 2);
        }
        if (outcome == 0 && result != nullptr) {
            ids.push_back(found.gr_gid);
        }
    }
    return ids;
}

}  // namespace evd::supervisor
