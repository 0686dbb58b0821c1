#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evd::bench {

// One line of the table: our figure, and the limit's or peer's figure of the same run.
struct Figure {
    std::string name;
    double value = 0;
    std::string unit;
    double reference = 0;  // 0: none
    std::string reference_name;
    std::string goal;  // as a person reads it, "" for none
    // Time of processors within ours and the reference's, in ms; 0: not measured.
    double processor_ms = 0;
    double reference_processor_ms = 0;
    // Of the answer; -1: none. No part of the name: a range of time up to now has one more or less.
    int64_t records = -1;
    double spread = 0;  // of several runs: from the least to the greatest value, as a share of it
};

// One figure for each name out of those of several runs: the median of its values, and of each of
// its other numbers by itself. Keeps the order of the first run that has the name.
std::vector<Figure> mergeRuns(const std::vector<std::vector<Figure>>& runs);

// Prints the table on stdout.
void printTable(const std::vector<Figure>& figures);
// What was measured and on what.
struct BenchRun {
    std::string commit;  // "" when nobody knows
    int runs = 1;        // of which the figures are the medians
};
// Writes the figures with machine, commit and time to a JSON file; false when it cannot be written.
bool writeJson(const std::vector<Figure>& figures, const BenchRun& run, const std::string& path);

// The p-th percentile (0..100) by nearest rank; values are sorted in place. 0 when empty.
double percentile(std::vector<double>& values, double p);

// Proportional memory (PSS) of the processes, in MiB, and their processor time so far, in seconds.
double memoryMib(const std::vector<int>& pids);
double processorSeconds(const std::vector<int>& pids);

}  // namespace evd::bench
