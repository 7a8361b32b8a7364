# Read by CMake at llama.cpp's project(): its common library, which the Python package forces on and does not ship, stays off.
set(LLAMA_BUILD_COMMON OFF)
