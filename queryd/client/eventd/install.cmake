# The component `dev`: what a stranger's program is built with. query.capnp and what it imports are
# for those who speak Cap'n Proto in another language.
include(GNUInstallDirs)
file(RELATIVE_PATH EVD_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/eventd-client.pc.in
    ${CMAKE_CURRENT_BINARY_DIR}/eventd-client.pc @ONLY)
install(TARGETS eventd-client ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/client.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/eventd COMPONENT dev)
install(FILES ${CMAKE_SOURCE_DIR}/capnp/query.capnp ${CMAKE_SOURCE_DIR}/capnp/record.capnp
    ${CMAKE_SOURCE_DIR}/capnp/supervise.capnp
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/eventd COMPONENT dev)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/eventd-client.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
