// Nothing of its own: it is compiled for the headers that all tests share, see CMakeLists.txt.
