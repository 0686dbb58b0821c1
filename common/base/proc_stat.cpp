#include "common/base/proc_stat.h"

#include "common/base/text.h"

#include <limits>

namespace evd::base {

namespace {

// Behind the name, in the counting of proc(5): the state is field 3.
constexpr size_t kStateField = 3 - 3;
constexpr size_t kParentField = 4 - 3;
constexpr size_t kStartField = 22 - 3;

}  // namespace

Result<ProcStat> parseProcStat(std::string_view text) {
    const size_t name_start = text.find('(');
    const size_t name_end = text.rfind(')');
    if (name_start == std::string_view::npos || name_end == std::string_view::npos ||
        name_end < name_start) {
        return fail(ErrorKind::Invalid, "a stat line without a program name");
    }
    const auto fields = split(trim(text.substr(name_end + 1)), ' ');
    if (fields.size() <= kStartField) {
        return fail(ErrorKind::Invalid, "a stat line without a start time");
    }
    const std::string_view state = fields[kStateField];
    const auto parent = parseU64(fields[kParentField]);
    const auto start = parseU64(fields[kStartField]);
    if (state.size() != 1 || !parent || !start ||
        parent.value() > static_cast<uint64_t>(std::numeric_limits<pid_t>::max())) {
        return fail(ErrorKind::Invalid, "a stat line without state, parent or start time");
    }
    return ProcStat{std::string(text.substr(name_start + 1, name_end - name_start - 1)),
                    state.front(), static_cast<pid_t>(parent.value()), start.value()};
}

}  // namespace evd::base
