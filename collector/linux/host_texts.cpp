#include "collector/linux/host_texts.h"

#include "common/base/text.h"

#include <algorithm>
#include <charconv>

namespace evd::collector {

namespace {

using Words = std::vector<std::string_view>;

constexpr uint64_t kBytesPerKilobyte = 1024;

Words wordsOf(std::string_view line) {
    Words words;
    while (true) {
        const size_t start = line.find_first_not_of(" \t");
        if (start == std::string_view::npos) {
            return words;
        }
        line.remove_prefix(start);
        const size_t end = std::min(line.find_first_of(" \t"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

// Only whole lines: the last one may be cut.
template <typename Reader>
void forEachLine(std::string_view text, Reader&& reader) {
    while (true) {
        const size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            return;
        }
        reader(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
}

std::optional<uint64_t> wholeNumber(std::string_view text) {
    const auto number = base::parseU64(text);
    return number.ok() ? std::optional(number.value()) : std::nullopt;
}

// Digits with a point; no sign, no exponent, nothing infinite.
std::optional<double> decimal(std::string_view text) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && text.front() >= '0' && text.front() <= '9' ? std::optional(number)
                                                               : std::nullopt;
}

// The numbers of the words from `first` on; false when one of them is none.
template <size_t count>
bool readNumbers(const Words& words, size_t first, std::array<uint64_t, count>& out) {
    if (words.size() < first + count) {
        return false;
    }
    for (size_t i = 0; i < count; ++i) {
        const auto number = wholeNumber(words[first + i]);
        if (!number) {
            return false;
        }
        out[i] = *number;
    }
    return true;
}

void readCore(const Words& words, HostStat& stat) {
    const auto core = wholeNumber(words[0].substr(3));
    CoreTimes times;
    if (core && *core < kCoresMax && stat.cores.size() < kCoresMax &&
        readNumbers(words, 1, times.ticks)) {
        times.core = static_cast<uint32_t>(*core);
        stat.cores.push_back(times);
    }
}

bool isDigits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// sda1 of sda, nvme0n1p1 of nvme0n1. The kernel lists a disk before its partitions.
bool isPartOf(std::string_view name, std::string_view disk) {
    if (!name.starts_with(disk) || name.size() == disk.size()) {
        return false;
    }
    std::string_view rest = name.substr(disk.size());
    const bool ends_in_digit = disk.back() >= '0' && disk.back() <= '9';
    if (ends_in_digit && rest.front() != 'p') {
        return false;
    }
    return isDigits(ends_in_digit ? rest.substr(1) : rest);
}

bool isDiskOfInterest(std::string_view name, const std::vector<std::string>& seen) {
    return !name.starts_with("loop") && !name.starts_with("ram") &&
           std::none_of(seen.begin(), seen.end(),
                        [&](const std::string& disk) { return isPartOf(name, disk); });
}

// Spaces and the like in mount points are \040: three octal digits.
std::string withoutOctal(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        if (text[i] == '\\' && i + 3 < text.size()) {
            const char* digits = text.data() + i + 1;
            const auto [end, error] = std::from_chars(digits, digits + 3, byte, 8);
            if (error == std::errc{} && end == digits + 3 && byte <= 0xFF) {
                out += static_cast<char>(byte);
                i += 3;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

bool holdsLocalData(std::string_view source, std::string_view type) {
    constexpr std::array<std::string_view, 4> kWithoutDevice = {"tmpfs", "zfs", "overlay",
                                                                "bcachefs"};
    constexpr std::array<std::string_view, 3> kAlwaysFull = {"squashfs", "iso9660", "erofs"};
    const auto is_one_of = [&](const auto& types) {
        return std::find(types.begin(), types.end(), type) != types.end();
    };
    // A file system in user space may stand still, whatever lies under it.
    return is_one_of(kWithoutDevice) ||
           (source.starts_with("/dev/") && !is_one_of(kAlwaysFull) && !type.starts_with("fuse"));
}

}  // namespace

HostStat parseHostStat(std::string_view text) {
    HostStat stat;
    forEachLine(text, [&](std::string_view line) {
        const Words words = wordsOf(line);
        if (words.size() < 2) {
            return;
        }
        const std::string_view key = words[0];
        if (key.starts_with("cpu") && key.size() > 3) {
            readCore(words, stat);
        } else if (key == "ctxt") {
            stat.context_switches = wholeNumber(words[1]);
        } else if (key == "intr") {
            stat.interrupts = wholeNumber(words[1]);
        } else if (key == "processes") {
            stat.forks = wholeNumber(words[1]);
        } else if (key == "procs_running") {
            stat.running = wholeNumber(words[1]);
        } else if (key == "procs_blocked") {
            stat.blocked = wholeNumber(words[1]);
        }
    });
    return stat;
}

std::vector<NamedNumber> parseNamedNumbers(std::string_view text) {
    std::vector<NamedNumber> numbers;
    forEachLine(text, [&](std::string_view line) {
        const Words words = wordsOf(line);
        if (words.size() < 2) {
            return;
        }
        auto number = wholeNumber(words[1]);
        std::string_view name = words[0];
        name = name.ends_with(':') ? name.substr(0, name.size() - 1) : name;
        if (words.size() > 2 && words[2] == "kB") {
            number = number && *number <= UINT64_MAX / kBytesPerKilobyte
                         ? std::optional(*number * kBytesPerKilobyte)
                         : std::nullopt;
        }
        if (number) {
            numbers.push_back({std::string(name), *number});
        }
    });
    return numbers;
}

std::vector<DiskStats> parseDiskStats(std::string_view text) {
    constexpr size_t kName = 2;
    std::vector<DiskStats> disks;
    std::vector<std::string> seen;
    forEachLine(text, [&](std::string_view line) {
        const Words words = wordsOf(line);
        std::array<uint64_t, 10> n{};
        if (disks.size() >= kDisksMax || seen.size() >= kDisksMax ||
            !readNumbers(words, kName + 1, n) || !isDiskOfInterest(words[kName], seen)) {
            return;
        }
        seen.emplace_back(words[kName]);
        if (n[0] != 0 || n[4] != 0) {
            disks.push_back({seen.back(), n[0], n[2], n[3], n[4], n[6], n[7], n[8], n[9]});
        }
    });
    return disks;
}

std::vector<InterfaceStats> parseNetDev(std::string_view text) {
    std::vector<InterfaceStats> interfaces;
    forEachLine(text, [&](std::string_view line) {
        // A name may hold a colon itself; numbers do not.
        const size_t colon = line.rfind(':');
        std::array<uint64_t, 16> n{};
        if (colon == std::string_view::npos || interfaces.size() >= kInterfacesMax ||
            !readNumbers(wordsOf(line.substr(colon + 1)), 0, n)) {
            return;
        }
        interfaces.push_back({std::string(base::trim(line.substr(0, colon))),
                              {n[0], n[1], n[2], n[3]},
                              {n[8], n[9], n[10], n[11]}});
    });
    return interfaces;
}

std::optional<LoadAverage> parseLoadAverage(std::string_view text) {
    const Words words = wordsOf(base::trim(text));
    if (words.size() < 3) {
        return std::nullopt;
    }
    const auto one = decimal(words[0]);
    const auto five = decimal(words[1]);
    const auto fifteen = decimal(words[2]);
    if (!one || !five || !fifteen) {
        return std::nullopt;
    }
    LoadAverage load{*one, *five, *fifteen, std::nullopt};
    if (words.size() > 3) {  // running/all
        const size_t slash = words[3].find('/');
        load.threads = slash == std::string_view::npos ? std::nullopt
                                                       : wholeNumber(words[3].substr(slash + 1));
    }
    return load;
}

std::vector<PressureLine> parsePressure(std::string_view text) {
    constexpr std::string_view kTenSeconds = "avg10=";
    constexpr std::string_view kTotal = "total=";
    std::vector<PressureLine> lines;
    forEachLine(text, [&](std::string_view line) {
        const Words words = wordsOf(line);
        if (words.size() < 5 || lines.size() >= 2 || (words[0] != "some" && words[0] != "full") ||
            !words[1].starts_with(kTenSeconds) || !words[4].starts_with(kTotal)) {
            return;
        }
        const auto share = decimal(words[1].substr(kTenSeconds.size()));
        const auto total = wholeNumber(words[4].substr(kTotal.size()));
        if (share && total) {
            lines.push_back({std::string(words[0]), *share, *total});
        }
    });
    return lines;
}

std::optional<double> parseUptime(std::string_view text) {
    const Words words = wordsOf(base::trim(text));
    return words.empty() ? std::nullopt : decimal(words[0]);
}

std::vector<Mount> parseMounts(std::string_view text) {
    std::vector<Mount> mounts;
    size_t lines = 0;
    forEachLine(text, [&](std::string_view line) {
        const Words words = wordsOf(line);
        if (++lines > kMountsReadMax || words.size() < 3 || !holdsLocalData(words[0], words[2])) {
            return;
        }
        Mount mount{withoutOctal(words[0]), withoutOctal(words[1]), std::string(words[2])};
        const bool has_device = mount.source.starts_with("/dev/");
        const bool known = std::any_of(mounts.begin(), mounts.end(), [&](const Mount& other) {
            return other.path == mount.path || (has_device && other.source == mount.source);
        });
        if (!known) {
            mounts.push_back(std::move(mount));
        }
    });
    return mounts;
}

}  // namespace evd::collector
