"""Area codes of the North American Numbering Plan: their
time zones, and which are foreign.

By whole area code on purpose: finer tables guess one zone for an exchange they do not
know, and quiet hours must hold wherever the phone may be. Source: nanpa.com, cnac.ca
(2026-11).
"""

from types import MappingProxyType

# Area codes that share +1 but belong to neither the United States nor Canada.
_FOREIGN = (
    "242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868"
    " 869 876"
)

_ONE_ZONE = {
    "America/New_York": (
        """
        201 202 203 207 212 215 216 220 223 227 229 234 239 240 252 260 267 272 276 283
        301 302 304 305 315 317 321 324 326 329 330 332 336 339 347 351 352 363 380 386
        401 404 407 410 412 413 419 434 436 440 443 445 463 470 472 475 478 484 502 508
        513 516 518 540 551 561 567 570 571 582 585 603 607 609 610 614 617 624 631 640
        645 646 656 667 678 680 681 686 689 703 704 706 716 717 718 724 727 728 732 740
        743 754 757 762 765 770 771 772 774 781 786 802 803 804 813 814 821 826 828 835
        838 839 843 845 848 854 856 857 859 860 862 863 864 865 878 904 908 910 912 914
        917 919 929 934 937 941 943 948 954 959 973 978 980 984"""
    ),
    "America/Detroit": "231 248 269 313 517 586 616 679 734 810 947 989",
    "America/Chicago": (
        """
        205 210 214 217 218 224 225 228 235 251 254 256 262 274 281 309 312 314 316 318
        319 320 325 327 331 334 337 346 353 361 402 405 409 414 417 430 432 447 457 464
        469 471 479 483 501 504 507 512 515 531 534 539 557 563 572 573 580 601 608 612
        615 618 621 629 630 636 641 651 659 660 662 682 708 712 713 715 726 730 731 737
        763 769 773 779 806 815 816 817 830 832 847 861 870 872 901 903 913 918 920 924
        931 936 938 940 945 952 956 972 975 979 985"""
    ),
    "America/Denver": "303 307 385 406 435 505 575 719 720 748 801 915 970 983",
    "America/Phoenix": "480 520 602 623",
    "America/Los_Angeles": (
        """
        206 209 213 253 279 310 323 341 350 357 360 369 408 415 424 425 442 503 509 510
        530 559 562 564 619 626 628 650 657 661 669 702 707 714 725 738 747 760 805 818
        820 831 837 840 858 909 916 925 949 951 971"""
    ),
    "America/Vancouver": "604",
    "Pacific/Honolulu": "808",
    "America/Puerto_Rico": "787 939",
    "America/St_Thomas": "340",
    "Pacific/Guam": "671",
    "Pacific/Saipan": "670",
    "Pacific/Pago_Pago": "684",
    "America/Halifax": "428 506 782 902",
    "America/Toronto": (
        """
        226 249 263 273 289 343 354 365 382 416 437 438 450 468 514 519 548 579 613 647
        683 705 742 753 819 873 905 942"""
    ),
    "America/Winnipeg": "204 431 584",
    "America/Regina": "306 474 639",
    "America/Edmonton": "368 403 587 780 825",
}

# One area code, several zones: the state or province is cut by the line.
_SEVERAL_ZONES = {
    "270 364 423 448 574 606 729 812 850 930": ("America/New_York", "America/Chicago"),
    "219": ("America/Chicago", "America/New_York"),
    "906": ("America/Detroit", "America/Chicago"),
    "308 605 620 701 785": ("America/Chicago", "America/Denver"),
    "208 986": ("America/Boise", "America/Los_Angeles"),
    "458 541 775": ("America/Los_Angeles", "America/Boise"),
    "928": ("America/Phoenix", "America/Denver"),  # the Navajo Nation keeps summer time
    "907": ("America/Anchorage", "America/Adak"),
    "236 250 257 672 778": ("America/Vancouver", "America/Edmonton"),
    "807": ("America/Toronto", "America/Winnipeg"),
    "367 418 581": ("America/Toronto", "America/Halifax"),
    "709 879": ("America/St_Johns", "America/Halifax"),
    "867": (
        "America/Whitehorse",
        "America/Edmonton",
        "America/Winnipeg",
        "America/Toronto",
        "America/Vancouver",
    ),
}

_ZONES = MappingProxyType(
    {code: (zone,) for zone, codes in _ONE_ZONE.items() for code in codes.split()}
    | {code: zones for codes, zones in _SEVERAL_ZONES.items() for code in codes.split()}
)


# Only the states that have texting hours of their own (consent/state_hours.py).
_STATES = {
    "AL": "205 251 256 334 483 659 938",
    "CA": (
        """
        209 213 279 310 323 341 350 357 369 408 415 424 442 510 530 559 562 619 626 628
        650 657 661 669 707 714 738 747 760 805 818 820 831 837 840 858 909 916 925 949
        951"""
    ),
    "CT": "203 475 860 959",
    "FL": (
        """
        239 305 321 324 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863
        904 941 954"""
    ),
    "IL": "217 224 309 312 331 447 464 618 630 708 730 773 779 815 847 861 872",
    "KY": "270 364 502 606 859",
    "LA": "225 318 337 457 504 985",
    "MA": "339 351 413 508 617 774 781 857 978",
    "MD": "227 240 301 410 443 667",
    "MI": "231 248 269 313 517 586 616 679 734 810 906 947 989",
    "MN": "218 320 507 612 651 763 924 952",
    "MS": "228 471 601 662 769",
    "NJ": "201 551 609 640 732 848 856 862 908 973",
    "OK": "405 539 572 580 918",
    "RI": "401",
    "TX": (
        """
        210 214 254 281 325 346 361 409 430 432 469 512 682 713 726 737 806 817 830 832
        903 915 936 940 945 956 972 979"""
    ),
    "WA": "206 253 360 425 509 564",
}
_STATE_OF = MappingProxyType(
    {code: state for state, codes in _STATES.items() for code in codes.split()}
)


def state_of(area_code: str) -> str:
    """Return the state of an area code ("FL"), if that state has
    texting hours of its own; else "".
    """
    return _STATE_OF.get(area_code, "")


def is_foreign(area_code: str) -> bool:
    """Tell whether an area code shares +1 but is neither American nor Canadian."""
    return area_code in _FOREIGN.split()


def zones_of(area_code: str) -> tuple[str, ...]:
    """Return the IANA zones of a three-digit area code,
    likeliest first; () when unknown.
    """
    return _ZONES.get(area_code, ())
