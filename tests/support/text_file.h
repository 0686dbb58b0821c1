#pragma once

#include <string>
#include <vector>

namespace evd::test {

// Small files as a whole, to the byte. One that cannot be read is "", and one that cannot be
// written is missed by whoever reads it: a test compares what is in them.
std::string readTextFile(const std::string& path);
void writeTextFile(const std::string& path, const std::string& text);

// Without their ends; what stands behind the last end of a line is one too.
std::vector<std::string> linesOf(const std::string& text);

}  // namespace evd::test
