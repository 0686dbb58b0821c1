#include "tests/bench/figures.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <sys/utsname.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace evd::bench {

namespace {

using base::cat;

double ratioOf(const Figure& figure) {
    return figure.reference == 0 ? 0 : figure.value / figure.reference;
}

}  // namespace

void printTable(const std::vector<Figure>& figures) {
    std::printf("%-52s %14s %-9s %14s %8s  %s\n", "figure", "ours", "unit", "reference", "ratio",
                "goal / reference");
    for (const auto& figure : figures) {
        std::printf("%-52s %14.2f %-9s ", figure.name.c_str(), figure.value, figure.unit.c_str());
        if (figure.reference != 0) {
            // What is a hundredth of the reference still shows by how much.
            const int digits = ratioOf(figure) < 0.1 ? 4 : 2;
            std::printf("%14.2f %8.*f  ", figure.reference, digits, ratioOf(figure));
        } else {
            std::printf("%14s %8s  ", "-", "-");
        }
        std::printf("%s%s%s\n", figure.goal.c_str(), figure.reference_name.empty() ? "" : " / ",
                    figure.reference_name.c_str());
    }
}

bool writeJson(const std::vector<Figure>& figures, const std::string& path) {
    utsname machine{};
    (void)::uname(&machine);  // An unnamed machine still has figures.
    std::ofstream out(path);
    out << "{\"machine\": \"" << machine.sysname << " " << machine.release
        << "\", \"processors\": " << ::sysconf(_SC_NPROCESSORS_ONLN) << ", \"time\": \""
        << base::formatIsoTime(base::SystemClock().wallNs()) << "\", \"figures\": [";
    const char* separator = "\n";
    for (const auto& figure : figures) {
        out << separator << "  {\"name\": \"" << figure.name << "\", \"value\": " << figure.value
            << ", \"unit\": \"" << figure.unit << "\", \"reference\": " << figure.reference
            << ", \"ratio\": " << ratioOf(figure) << "}";
        separator = ",\n";
    }
    out << "\n]}\n";
    return out.good();
}

double percentile(std::vector<double>& values, double p) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<size_t>(std::ceil(p / 100 * static_cast<double>(values.size())));
    return values[rank == 0 ? 0 : rank - 1];
}

double memoryMib(const std::vector<int>& pids) {
    double kib = 0;
    for (const int pid : pids) {
        std::ifstream rollup(cat("/proc/", pid, "/smaps_rollup"));
        std::string word;
        while (rollup >> word) {
            if (word == "Pss:") {
                double value = 0;
                rollup >> value;
                kib += value;
                break;
            }
        }
    }
    return kib / 1024;
}

double processorSeconds(const std::vector<int>& pids) {
    double ticks = 0;
    for (const int pid : pids) {
        std::ifstream stat(cat("/proc/", pid, "/stat"));
        std::string line;
        std::getline(stat, line);
        const size_t name_end = line.rfind(')');
        if (name_end == std::string::npos) {
            continue;
        }
        // utime and stime are the 12th and 13th fields behind the name.
        const auto fields = base::split(std::string_view(line).substr(name_end + 2), ' ');
        for (const size_t field : {size_t{11}, size_t{12}}) {
            const auto value = base::parseU64(fields[field]);
            ticks += value.ok() ? static_cast<double>(value.value()) : 0;
        }
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace evd::bench
