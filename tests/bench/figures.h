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
};

// Prints the table on stdout.
void printTable(const std::vector<Figure>& figures);
// Writes the figures with machine and time to a JSON file; false when it cannot be written.
bool writeJson(const std::vector<Figure>& figures, const std::string& path);

// The p-th percentile (0..100) by nearest rank; values are sorted in place. 0 when empty.
double percentile(std::vector<double>& values, double p);

// Proportional memory (PSS) of the processes, in MiB, and their processor time so far, in seconds.
double memoryMib(const std::vector<int>& pids);
double processorSeconds(const std::vector<int>& pids);

}  // namespace evd::bench
