"""Headroom of each FFT library that there is."""

from importlib.metadata import PackageNotFoundError, version

from livespec.doctor.speed import check_speed


def installed(package):
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def test_every_installed_library_has_its_headroom_and_others_are_not_there():
    found = list(check_speed())
    packages = {"scipy": "scipy", "fftw": "pyfftw", "mkl": "mkl-fft"}
    measured = {finding.name.split()[0] for finding in found if finding.limit}
    absent = {finding.name.split()[-1] for finding in found if finding.status == "absent"}
    assert measured == {name for name, package in packages.items() if installed(package)}
    assert absent == set(packages) - measured
    assert all("what is needed" in finding.figure for finding in found if finding.status != "absent")
