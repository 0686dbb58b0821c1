#include "collector/linux/host_reader.h"

#include "collector/linux/proc_reader.h"
#include "common/base/fd.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <array>

namespace evd::collector {

namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr std::array<const char*, 3> kPressureResources = {"cpu", "memory", "io"};

std::optional<FileSystemUse> measure(const Mount& mount) {
    struct statvfs found {};
    if (::statvfs(mount.path.c_str(), &found) != 0 || found.f_blocks == 0) {
        return std::nullopt;  // hidden by another mount, or without a size
    }
    const auto bytes = [&](uint64_t blocks) { return blocks * found.f_frsize; };
    return FileSystemUse{
        mount,         bytes(found.f_blocks), bytes(found.f_bfree), bytes(found.f_bavail),
        found.f_files, found.f_ffree};
}

}  // namespace

HostSnapshot HostReader::read() {
    HostSnapshot snapshot;
    snapshot.timestamp_ns = clock_.wallNs();
    snapshot.ticks_per_second = ticks_per_second_;
    snapshot.stat = parseHostStat(readFile("stat"));
    snapshot.memory = parseNamedNumbers(readFile("meminfo"));
    snapshot.virtual_memory = parseNamedNumbers(readFile("vmstat"));
    snapshot.disks = parseDiskStats(readFile("diskstats"));
    snapshot.interfaces = parseNetDev(readFile(network_file_.c_str()));
    snapshot.load = parseLoadAverage(readFile("loadavg"));
    snapshot.uptime_seconds = parseUptime(readFile("uptime"));
    readPressure(snapshot);
    readFileSystems(snapshot);
    const auto pids = ProcReader(proc_fd_).list();
    if (pids.ok()) {
        snapshot.processes = pids.value().size();
    }
    return snapshot;
}

void HostReader::readPressure(HostSnapshot& snapshot) {
    for (const char* resource : kPressureResources) {
        auto lines = parsePressure(readFile(base::cat("pressure/", resource).c_str()));
        if (!lines.empty()) {
            snapshot.pressure.push_back({resource, std::move(lines)});
        }
    }
}

void HostReader::readFileSystems(HostSnapshot& snapshot) {
    for (const Mount& mount : parseMounts(readFile("self/mounts"))) {
        if (snapshot.file_systems.size() >= kFileSystemsMax) {
            return;
        }
        if (auto use = measure(mount)) {
            snapshot.file_systems.push_back(std::move(*use));
        }
    }
}

// Empty when there is none. Valid until the next file is read.
std::string_view HostReader::readFile(const char* name) {
    buffer_.clear();
    const base::Fd fd(::openat(proc_fd_, name, O_RDONLY | O_CLOEXEC));
    while (fd.valid() && buffer_.size() < kHostFileBytesMax) {
        const size_t had = buffer_.size();
        buffer_.resize(had + kReadBytes);
        const ssize_t got = ::read(fd.get(), buffer_.data() + had, kReadBytes);
        buffer_.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
        if (got <= 0) {
            break;
        }
    }
    return buffer_;
}

}  // namespace evd::collector
