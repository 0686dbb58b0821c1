#include "sandbox/supervisor/forbidden_call.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/supervisor/audit_records.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace evd::supervisor {

namespace {

constexpr size_t kRecordBytesMax = 8192;
constexpr int kRecordsMax = 50'000;
constexpr uint64_t kCallNumberMax = 10'000;

}  // namespace

std::optional<int> callInRecord(std::string_view record, pid_t pid) {
    return record.find("type=1326 ") == std::string_view::npos ? std::nullopt
                                                               : callOfProcess(record, pid);
}

std::optional<int> callOfProcess(std::string_view text, pid_t pid) {
    constexpr std::string_view kLabel = " syscall=";
    if (text.find(base::cat(" pid=", pid, " ")) == std::string_view::npos) {
        return std::nullopt;
    }
    const size_t found = text.find(kLabel);
    if (found == std::string_view::npos) {
        return std::nullopt;
    }
    const auto rest = text.substr(found + kLabel.size());
    const auto number = base::parseU64(rest.substr(0, rest.find_first_not_of("0123456789")));
    if (!number.ok() || number.value() > kCallNumberMax) {
        return std::nullopt;
    }
    return static_cast<int>(number.value());
}

std::optional<std::string> forbiddenCall(pid_t pid, AuditRecords& audit,
                                         const std::string& log_path) {
    if (const auto told = audit.callOf(pid)) {
        return sandbox::callName(*told);
    }
    const base::Fd log(::open(log_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    std::optional<int> call;
    char record[kRecordBytesMax];
    for (int i = 0; log.valid() && i < kRecordsMax; ++i) {
        const ssize_t bytes = ::read(log.get(), record, sizeof(record));
        if (bytes > 0) {
            const auto number = callInRecord({record, static_cast<size_t>(bytes)}, pid);
            call = number ? number : call;
        } else if (bytes == 0 || errno != EPIPE) {
            break;  // EPIPE: records were overwritten while we read, and it goes on behind them.
        }
    }
    return call ? std::optional(sandbox::callName(*call)) : std::nullopt;
}

}  // namespace evd::supervisor
