#include "collector/linux/proc_reader.h"

#include "common/base/fd.h"
#include "common/base/proc_stat.h"
#include "common/base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>

namespace evd::collector {

using base::cat;
using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

constexpr size_t kLinkBytesMax = 4096;

template <typename Number>
bool readNumber(std::string_view text, Number& number) {
    const auto parsed = base::parseU64(text);
    if (!parsed.ok() ||
        parsed.value() > static_cast<uint64_t>(std::numeric_limits<Number>::max())) {
        return false;
    }
    number = static_cast<Number>(parsed.value());
    return true;
}

// "Uid:\treal\teffective\tsaved\tfile system" -> effective.
bool readEffective(std::string_view line, std::string_view key, uint32_t& number) {
    const auto columns = base::split(line, '\t');
    return columns.size() >= 3 && columns[0] == key && readNumber(columns[2], number);
}

}  // namespace

Result<StatusIds> parseStatusIds(std::string_view text) {
    StatusIds ids;
    bool has_uid = false;
    bool has_gid = false;
    // The first line is the name, with line feeds escaped by the kernel, so it cannot imitate
    // these.
    for (const std::string_view line : base::split(text, '\n')) {
        has_uid = has_uid || readEffective(line, "Uid:", ids.uid);
        has_gid = has_gid || readEffective(line, "Gid:", ids.gid);
    }
    if (!has_uid || !has_gid) {
        return fail(ErrorKind::Invalid, "a status file without ids");
    }
    return ids;
}

std::vector<std::string> parseCommandLine(std::string_view text, bool cut) {
    std::vector<std::string> arguments;
    while (!text.empty()) {
        const size_t end = text.find('\0');
        if (end == std::string_view::npos && cut) {
            break;  // half an argument: what it is cannot be judged, so it is not shown
        }
        arguments.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return arguments;
}

std::optional<ProcessInfo> ProcReader::read(pid_t pid) {
    auto info = readBrief(pid);
    if (!info.has_value()) {
        return info;
    }
    if (const auto status = readFile(pid, "status")) {
        const auto ids = parseStatusIds(*status);
        if (ids.ok()) {
            info->uid = ids.value().uid;
            info->gid = ids.value().gid;
        }
    }
    if (const auto line = readFile(pid, "cmdline")) {
        info->arguments_cut = line->size() == kCommandLineReadBytesMax;
        info->arguments = parseCommandLine(*line, info->arguments_cut);
    }
    info->executable_path = readLink(pid, "exe");
    return info;
}

std::optional<ProcessInfo> ProcReader::readBrief(pid_t pid) {
    const auto text = readFile(pid, "stat");
    if (!text.has_value()) {
        return std::nullopt;
    }
    const auto stat = base::parseProcStat(*text);
    if (!stat.ok()) {
        return std::nullopt;
    }
    ProcessInfo info;
    info.pid = pid;
    info.name = stat.value().name;
    info.parent_pid = stat.value().parent_pid;
    info.start_ticks = stat.value().start_ticks;
    return info;
}

Result<std::vector<pid_t>> ProcReader::list() const {
    base::Fd folder(::openat(proc_fd_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) {
        return base::failErrno("cannot open /proc", errno);
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(folder.get()), ::closedir);
    if (!entries) {
        return base::failErrno("cannot list /proc", errno);
    }
    (void)folder.release();  // the stream's now
    std::vector<pid_t> pids;
    while (const dirent* entry = ::readdir(entries.get())) {
        pid_t pid = 0;
        if (readNumber(std::string_view(entry->d_name), pid) && pid > 0 && pid <= kPidMax) {
            pids.push_back(pid);
        }
    }
    std::sort(pids.begin(), pids.end());
    return pids;
}

std::optional<std::string_view> ProcReader::readFile(pid_t pid, const char* name) {
    const std::string path = cat(pid, "/", name);
    const base::Fd fd(::openat(proc_fd_, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        return std::nullopt;
    }
    const ssize_t bytes = ::read(fd.get(), buffer_.data(), buffer_.size());
    if (bytes < 0) {
        return std::nullopt;  // ended between open and read
    }
    return std::string_view(buffer_).substr(0, static_cast<size_t>(bytes));
}

std::optional<std::string> ProcReader::readLink(pid_t pid, const char* name) {
    const std::string path = cat(pid, "/", name);
    std::string target(kLinkBytesMax, '\0');
    const ssize_t bytes = ::readlinkat(proc_fd_, path.c_str(), target.data(), target.size());
    if (bytes <= 0) {
        return std::nullopt;
    }
    target.resize(static_cast<size_t>(bytes));
    return target;
}

}  // namespace evd::collector
