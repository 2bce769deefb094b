"""Who works and studies at Alder College, as tables: cells are divided by bars, all
people are invented.
"""

HEALTH = (
    "Nursing, AAS",
    "Practical Nursing, Certificate",
    "Radiography, AAS",
    "Medical Assisting, Certificate",
    "Dental Hygiene, AAS",
    "Surgical Technology, AAS",
    "Pre-Nursing",
)
TRANSFER = (
    "Liberal Arts, AA",
    "Business Administration, AA",
    "Psychology, AA",
    "Biology, AS",
    "Engineering, AS",
    "Computer Science, AS",
    "Elementary Education, AA",
)
CAREER = (
    "Welding Technology, Certificate",
    "Automotive Service, AAS",
    "Culinary Arts, AAS",
    "Cybersecurity, AAS",
    "Early Childhood Education, AAS",
    "Accounting, AAS",
    "Criminal Justice, AAS",
    "Undecided",
)

# Courses, by programs; everybody takes some of the last.
HEALTH_COURSES = [
    "BIO-101",
    "BIO-201",
    "BIO-202",
    "CHM-105",
    "HSC-110",
    "NUR-100",
    "NUR-120",
    "NUR-210",
    "RAD-101",
    "DHY-101",
]
TRANSFER_COURSES = [
    "BIO-101",
    "BUS-101",
    "CIS-150",
    "EGR-100",
    "HIS-151",
    "MTH-180",
    "PSY-101",
    "PHY-141",
    "EDU-101",
]
CAREER_COURSES = [
    "ACC-101",
    "AUT-110",
    "CUL-101",
    "CYB-120",
    "CRJ-101",
    "ECE-101",
    "WEL-100",
]
SHARED_COURSES = ["ENG-101", "ENG-102", "MTH-110", "COM-101", "COL-100"]
# How many in a hundred have each tag.
TAGS = {
    "First-generation": 34,
    "New this fall": 22,
    "Evening classes": 18,
    "Work-study": 9,
    "Honors": 7,
    "Athlete": 5,
    "Peer mentor": 3,
}

# name | title | role | office | how many students, of which programs, as what
STAFF_TABLE = """
Maya Alvarez | Academic advisor | advisor | Nursing and Health Advising | 43 health Academic advisor
Amina Yusuf | Academic advisor | advisor | Nursing and Health Advising | 212 health Academic advisor
Denise Whitfield | Lead advisor | lead | Nursing and Health Advising | 128 health Academic advisor
Samuel Brandt | Transfer advisor | advisor | Transfer Center | 348 transfer Transfer advisor
Priya Raman | TRIO advisor | advisor | TRIO Student Support | 160 any TRIO advisor
Marcus Lee-Johnson | First-year advisor | advisor | First-Year Experience | 396 any First-year advisor
Helen Kowalczyk | Professor of Biology | advisor | Science Division | 124 any Faculty mentor
Jordan Callahan | Student success coach | advisor | First-Year Experience | 240 any Success coach
Ruth Abernathy | Director of Student Technology | administrator | Student Affairs | 0 any -
Omar Haddad | Compliance officer | auditor | Institutional Records | 0 any -
Linh Pham | Academic advisor | advisor | Transfer Center | 0 any -
Anneliese Bartholomew-Fitzgerald van Oosterhout-Krishnamurthy | Career coach | advisor | Career Center | 285 career Career coach
"""

# id | first | last | preferred | pronouns | email | phone | zone | status | program |
# whose caseload A phone is "mobile", "landline", "none", a number, or the id of the
# student who shares theirs.
NAMED = """
00417733|Sally|Student-Taynor||she/her|sally.student|(734) 555-0177||active|Nursing, AAS|maya
00400001|Terry|Test||they/them|terry.test|(734) 555-0190||active|Undecided|
00402918|明|李|Ming|he/him|ming.li|mobile||active|Nursing, AAS|maya
00411306|José Ángel|Muñoz-Ibáñez||he/him|jose.munoz-ibanez|mobile||active|Radiography, AAS|maya
00425077|Thị Ánh|Nguyễn|Annie|she/her|annie.nguyen|mobile||active|Dental Hygiene, AAS|maya
00409112|محمد|الحسن||he/him|mohammed.alhassan|mobile||active|Pre-Nursing|maya
00431854|Siobhán|O'Brien||she/her|siobhan.obrien|mobile||active|Nursing, AAS|maya
00419460|Wilhelmina Alexandrine|Featherstonehaugh-Cholmondeley van der Westhuizen|Mina||mina.w|mobile||active|Pre-Nursing|maya
00428203|Rosemary|Tilden|||rosemary.tilden|landline||active|Practical Nursing, Certificate|maya
00407541|Walter|Zielinski|Walt|he/him|walter.zielinski|landline||active|Medical Assisting, Certificate|maya
00433019|Grace|Adeyemi||she/her|grace.adeyemi|none||active|Nursing, AAS|maya
00414688|Dylan|Kessler|||dylan.kessler|none||active|Surgical Technology, AAS|maya
00422750|Amara|Osei||she/her|amara.osei|mobile||active|Nursing, AAS|maya
00422751|Kofi|Osei||he/him|kofi.osei|00422750||active|Radiography, AAS|maya
00424491|Tessa|Lindqvist||she/her|tessa.lindqvist|mobile|America/Chicago|active|Nursing, AAS|maya
00416025|Renee|Baptiste-Moore||she/her|renee.baptiste-moore|mobile||withdrawn|Nursing, AAS|
00438811|Prince|.||he/him|prince|mobile||active|Culinary Arts, AAS|
00405239|Ольга|Кузнецова|Olga|she/her|olga.kuznetsova|mobile||active|Accounting, AAS|
00435570|민준|김|Minjun|he/him|minjun.kim|mobile||active|Computer Science, AS|
00410947|Łukasz|Wiśniewski|Luke||luke.wisniewski|mobile||active|Welding Technology, Certificate|
00429386|Kawaiʻula|Kahananui||they/them|kawaiula.kahananui|mobile|Pacific/Honolulu|active|Psychology, AA|
00426615|Bo|Ng||he/him|bo.ng|mobile||active|Engineering, AS|
00404408|Mary Ellen|St. James-Van der Berg|Mel|she/her|mel.stjames|mobile||leave|Liberal Arts, AA|
00418802|Daniela|Reyes-Fuentes||she/her|daniela.reyes-fuentes|mobile||active|Biology, AS|
00418803|Mateo|Reyes-Fuentes||he/him|mateo.reyes-fuentes|00418802||active|Cybersecurity, AAS|
00436147|Linda|Hartwell||she/her|linda.hartwell|mobile||active|Accounting, AAS|
00436148|Tyler|Hartwell|Ty|he/him|tyler.hartwell|00436147||active|Automotive Service, AAS|
"""

# weight | women's names | men's names | family names
PEOPLE_NAMES = """
40 | Abigail Alexis Amanda Ashley Brianna Caitlin Chloe Christina Danielle Elizabeth
Emily Emma Faith Hailey Hannah Heather Jasmine Jennifer Jessica Jordan Julia Katherine
Kayla Lauren Leah Madison Megan Melissa Morgan Natalie Olivia Paige Rachel Rebecca
Samantha Sarah Stephanie Taylor Tiffany Victoria | Aaron Adam Alexander Andrew Anthony
Austin Benjamin Brandon Caleb Cameron Christopher Cody Connor Daniel David Dustin Ethan
Evan Gabriel Isaac Jacob James Jason Jeremy Jonathan Joseph Joshua Justin Kyle Logan
Matthew Michael Nathan Nicholas Patrick Robert Ryan Samuel Thomas Timothy William
Zachary | Adams Anderson Bailey Baker Bennett Brooks Campbell Carter Clark Collins Cook
Cooper Davis DeVries Dykstra Evans Fischer Foster Gallagher Gray Hall Harris Hoekstra
Hughes Jansen Johnson Kelly King Kowalski Larson Lewis Martin McKenzie Miller Mitchell
Moore Murphy Nelson Novak O'Connor Olson Parker Peterson Phillips Reed Roberts Schmidt
Schultz Scott Smith Stewart Sullivan Thompson Turner VanderMeer Walker Weber White
Wilson Wright Young

17 | Aaliyah Aniyah Deja Destiny Diamond Ebony Imani Jada Kiara Kennedy Latoya Monique
Nia Precious Raven Shanice Tamika Zaria | Andre Antoine DeShawn Darius Deon Elijah
Isaiah Jamal Jaylen Malik Marquis Quincy Terrence Trevon Tyrone Xavier | Banks Booker
Coleman Dawson Franklin Gaines Grant Greene Hayes Jackson Jefferson Jenkins Joseph
Pierre Simmons Sims Washington Watkins Wells Whitaker Williams Woods

15 | Adriana Alejandra Ana Camila Carmen Daniela Elena Gabriela Guadalupe Isabel Jimena
Lucía Luz Marisol María Paola Rosa Sofía Valeria Ximena Yesenia | Adrián Alejandro
Andrés Carlos Diego Eduardo Emiliano Fernando Héctor Iván Javier Jesús Jorge José Juan
Luis Mario Miguel Óscar Rafael Ricardo | Aguilar Castillo Cruz Delgado Díaz Fernández
Flores García Gómez González Guerrero Gutiérrez Hernández Herrera Jiménez López Martínez
Mendoza Morales Navarro Núñez Ortiz Peña Pérez Ramírez Reyes Rodríguez Ruiz Salazar
Sánchez Torres Vargas Vega

10 | Aisha Amal Dina Fatima Hanan Huda Layla Leila Maryam Mona Nadia Noor Rania Salma
Yasmin Zainab | Abdullah Ahmad Ali Bilal Hadi Hamza Hassan Hussein Ibrahim Karim Khalid
Mohammed Omar Tariq Yousef Zayn | Abbas Ahmed Al-Amin Al-Saadi Aoun Bazzi Beydoun Berry
Fawaz Hammoud Haidar Ibrahim Jaber Khalil Mansour Nasser Rahman Saad Saleh Shareef Turfe

3 | Ai Hoa Hương Lan Linh Mai Ngọc Thảo Trang Tuyết Yến | Bảo Đức Hiếu Huy Khang Khoa
Long Minh Quân Tuấn | Bùi Đặng Đỗ Hồ Lê Lý Ngô Nguyễn Phạm Trần Võ Vũ

2 | Fang Hui Jia Jing Li Mei Xia Yan Ying | Chen Hao Jun Kai Lei Ming Wei Zhi | Chang
Chen Huang Lin Liu Wang Wong Wu Yang Zhang Zhou

2 | Eun-Ji Gao Ha-Eun Kia Mai Mi-Rae Pa Soo-Jin Yer | Chue Dae-Hyun Jin Kong Pao
Sung-Min Tou Xeng | Cho Her Hwang Kang Kim Lee Lor Moua Park Thao Vang Xiong Yang

6 | Ananya Anika Deepa Divya Ishita Kavya Meera Nisha Pooja Priyanka Riya Shreya Sunita
| Aditya Arjun Arnav Dev Gaurav Harpreet Imran Karthik Nikhil Rahul Rohan Sanjay Vikram
| Agarwal Banerjee Bhatt Choudhury Das Desai Gill Gupta Iyer Khan Kumar Mehta Nair Patel
Rao Reddy Shah Sharma Singh Venkataraman

5 | Abena Adaeze Akosua Amina Chiamaka Fadumo Folake Hodan Ifeoma Ngozi Wanjiru Yetunde
Zawadi | Abdi Chinedu Emeka Femi Kwame Kwabena Mamadou Obinna Olumide Sekou Tendai Tunde
Yaw | Abdullahi Achebe Adeleke Boateng Diallo Ekwueme Eze Kamau Mensah Mwangi Ndiaye
Nwosu Okafor Okonkwo Owusu Toure Warsame
"""

NICKNAMES = """
Abigail:Abby Alejandra:Ale Alexander:Alex Amanda:Mandy Andrew:Drew Benjamin:Ben
Christina:Tina Christopher:Chris Daniel:Danny Eduardo:Eddie Elizabeth:Liz Gabriela:Gaby
Guadalupe:Lupe Jennifer:Jen Jessica:Jess Jonathan:Jon Joseph:Joe Joshua:Josh
Katherine:Kate Matthew:Matt Megan:Meg Michael:Mike Mohammed:Mo Nicholas:Nick
Rebecca:Becca Ricardo:Ricky Robert:Rob Samantha:Sam Samuel:Sam Stephanie:Steph
Thomas:Tom Timothy:Tim Victoria:Tori William:Will Zachary:Zach Fernando:Nando
Priyanka:Pri Chiamaka:Chi Abdullah:Abdul
"""

PREFERRED_NAMES = "Alex Ash Charlie Eli Finn Jo Kai Max Quinn Riley Robin Sky"
