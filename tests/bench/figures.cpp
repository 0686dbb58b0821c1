#include "tests/bench/figures.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <sys/utsname.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace evd::bench {

namespace {

using base::cat;

constexpr double kMedian = 50;

// What stands behind the colon of the first line that begins so.
std::string lineBehind(const std::string& path, std::string_view begin) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const size_t colon = line.find(':');
        if (line.starts_with(begin) && colon != std::string::npos) {
            return std::string(base::trim(std::string_view(line).substr(colon + 1)));
        }
    }
    return "";
}

double ratioOf(const Figure& figure) {
    return figure.reference == 0 ? 0 : figure.value / figure.reference;
}

std::string recordsOf(const Figure& figure) {
    return figure.records < 0 ? "" : cat(" (", figure.records, ")");
}

// " (21 / 16)": ours and the reference's.
std::string processorsOf(const Figure& figure) {
    const auto whole = [](double ms) { return std::llround(ms); };
    if (figure.processor_ms == 0) {
        return "";
    }
    return figure.reference_processor_ms == 0 ? cat(" (", whole(figure.processor_ms), ")")
                                              : cat(" (", whole(figure.processor_ms), " / ",
                                                    whole(figure.reference_processor_ms), ")");
}

}  // namespace

std::vector<Figure> mergeRuns(const std::vector<std::vector<Figure>>& runs) {
    std::vector<Figure> merged;
    std::map<std::string, std::vector<const Figure*>> by_name;
    for (const auto& run : runs) {
        for (const Figure& figure : run) {
            auto& all = by_name[cat(figure.name, '\n', figure.reference_name)];
            if (all.empty()) {
                merged.push_back(figure);
            }
            all.push_back(&figure);
        }
    }
    for (Figure& figure : merged) {
        const auto& all = by_name.at(cat(figure.name, '\n', figure.reference_name));
        const auto valuesOf = [&](double Figure::*number) {
            std::vector<double> values;
            for (const Figure* each : all) {
                values.push_back(each->*number);
            }
            std::sort(values.begin(), values.end());
            return values;
        };
        const auto median = [&](double Figure::*number) {
            std::vector<double> values = valuesOf(number);
            return percentile(values, kMedian);
        };
        const std::vector<double> values = valuesOf(&Figure::value);
        figure.value = median(&Figure::value);
        figure.reference = median(&Figure::reference);
        figure.processor_ms = median(&Figure::processor_ms);
        figure.reference_processor_ms = median(&Figure::reference_processor_ms);
        figure.spread = figure.value == 0 ? 0 : (values.back() - values.front()) / figure.value;
    }
    return merged;
}

void printTable(const std::vector<Figure>& figures) {
    std::printf("%-66s %14s %-9s %7s %14s %8s  %s\n", "figure", "ours", "unit", "spread",
                "reference", "ratio", "goal / reference (ms of processors)");
    for (const auto& figure : figures) {
        const std::string name = cat(figure.name, recordsOf(figure));
        std::printf("%-66s %14.2f %-9s ", name.c_str(), figure.value, figure.unit.c_str());
        if (figure.spread > 0) {
            std::printf("%6.0f%% ", figure.spread * 100);
        } else {
            std::printf("%7s ", "-");
        }
        if (figure.reference != 0) {
            // What is a hundredth of the reference still shows by how much.
            const int digits = ratioOf(figure) < 0.1 ? 4 : 2;
            std::printf("%14.2f %8.*f  ", figure.reference, digits, ratioOf(figure));
        } else {
            std::printf("%14s %8s  ", "-", "-");
        }
        std::printf("%s%s%s%s\n", figure.goal.c_str(), figure.reference_name.empty() ? "" : " / ",
                    figure.reference_name.c_str(), processorsOf(figure).c_str());
    }
}

bool writeJson(const std::vector<Figure>& figures, const BenchRun& run, const std::string& path) {
    using Json = nlohmann::ordered_json;
    utsname machine{};
    (void)::uname(&machine);  // An unnamed machine still has figures.
    constexpr int64_t kMib = int64_t{1024} * 1024;
    Json all = {{"machine", cat(machine.sysname, ' ', machine.release, ' ', machine.machine)},
                {"processor", lineBehind("/proc/cpuinfo", "model name")},
                {"processors", ::sysconf(_SC_NPROCESSORS_ONLN)},
                {"memory_mib", ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE) / kMib},
                {"compiler", __VERSION__},
                {"commit", run.commit},
                {"time", base::formatIsoTime(base::SystemClock().wallNs())},
                {"runs", run.runs},
                {"figures", Json::array()}};
    for (const auto& figure : figures) {
        all["figures"].push_back({{"name", figure.name},
                                  {"records", figure.records},
                                  {"value", figure.value},
                                  {"unit", figure.unit},
                                  {"spread", figure.spread},
                                  {"reference", figure.reference},
                                  {"reference_name", figure.reference_name},
                                  {"processor_ms", figure.processor_ms},
                                  {"reference_processor_ms", figure.reference_processor_ms},
                                  {"ratio", ratioOf(figure)},
                                  {"goal", figure.goal}});
    }
    std::ofstream out(path);
    out << all.dump(2) << '\n';
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
